import { createHash } from "node:crypto"
import { durationToMs } from "../../machinery/time/duration.ts"
import type { Platform } from "../../platform/platform.ts"
import { parseReference, repositoryName } from "../content/reference.ts"
import type { AccountFor, CredentialProviders, ImageUser, ProvidedCredentials } from "../images.ts"
import { credentialsFor, fitsRepository } from "../registry/pull-secrets.ts"
import { type Auth, createCredentialCache } from "./credential-cache.ts"
import type { CredentialProvider } from "./provider-config.ts"
import type { ProviderRequest, ProviderResponse } from "./provider-messages.ts"

export interface ProvidersOptions {
  readonly providers: readonly CredentialProvider[]
  readonly platform: Pick<Platform, "clock" | "log">
  /** Asks a plugin. */
  readonly run: (provider: CredentialProvider, request: ProviderRequest) => Promise<ProviderResponse>
  readonly account: AccountFor
}

interface Answer extends Pick<ProvidedCredentials, "serviceAccount"> {
  readonly auth: Auth
}

/**
 * The credentials that plugins know for an image, in the order in which they are to be tried. Never rejects: what a plugin
 * lacks, others or the pod itself may have. https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/
 */
export function createCredentialProviders(options: ProvidersOptions): CredentialProviders {
  const all = options.providers.map((provider) => createProvider(provider, options))
  return async (image, user) => {
    const repository = repositoryName(parseReference(image))
    const answers = await Promise.all(all.map((ask) => ask(repository, user)))
    return inOrder(image, answers)
  }
}

function createProvider(provider: CredentialProvider, { account, platform, run }: ProvidersOptions) {
  const { matchImages = [], name, tokenAttributes } = provider
  const { clock, log } = platform
  const cache = createCredentialCache(clock)
  const underWay = new Map<string, Promise<ProviderResponse>>()
  /** Who asks for the same meanwhile shares the answer. */
  const askOnce = (request: ProviderRequest): Promise<ProviderResponse> => {
    const key = JSON.stringify(request)
    let answer = underWay.get(key)
    if (answer === undefined) {
      answer = run(provider, request).finally(() => underWay.delete(key))
      underWay.set(key, answer)
    }
    return answer
  }

  const ask = async (image: string, user: ImageUser): Promise<Answer | undefined> => {
    const told = tokenAttributes && user.serviceAccount !== "" ? await accountOf(tokenAttributes, user) : undefined
    if (tokenAttributes?.requireServiceAccount && told === undefined) return undefined
    if (told === "opted out") return undefined
    const whose = told === undefined ? {} : { serviceAccount: told.serviceAccount }
    const known = cache.get(image, told?.whose ?? "")
    if (known !== undefined) return { auth: known, ...whose }
    const request = { image, ...told?.request }
    const response = await askOnce(request)
    const { auth = {}, cacheDuration = provider.defaultCacheDuration ?? "0s" } = response
    if (told !== undefined && tokenAttributes?.cacheType !== "Token") {
      if (Object.values(auth).some(({ password }) => password === told.request.serviceAccountToken)) {
        throw new Error(
          "credential provider plugin returned the service account token as the password which is not allowed when service account cache type is not set to 'Token'",
        )
      }
    }
    cache.set(image, told?.whose ?? "", response, durationToMs(cacheDuration))
    return { auth, ...whose }
  }

  const accountOf = async (attributes: NonNullable<CredentialProvider["tokenAttributes"]>, user: ImageUser) => {
    const { annotations, token, uid } = await account(user, attributes.serviceAccountTokenAudience)
    const { optionalServiceAccountAnnotationKeys: optional = [], requiredServiceAccountAnnotationKeys: required = [] } =
      attributes
    // That is how workloads choose whether their account is used.
    if (required.some((key) => annotations.get(key) === undefined)) return "opted out" as const
    const keys = [...required, ...optional].sort()
    const chosen = keys.flatMap((key) => {
      const value = annotations.get(key)
      return value === undefined ? [] : [[key, value] as const]
    })
    const serviceAccountToken = await token()
    const hash =
      attributes.cacheType === "Token" ? [createHash("sha256").update(serviceAccountToken).digest("hex")] : []
    return {
      serviceAccount: { namespace: user.namespace, name: user.serviceAccount, uid },
      whose: JSON.stringify([user.namespace, user.serviceAccount, uid, chosen, ...hash]),
      request: {
        serviceAccountToken,
        ...(chosen.length > 0 && { serviceAccountAnnotations: Object.fromEntries(chosen) }),
      },
    }
  }

  return async (repository: string, user: ImageUser): Promise<Answer | undefined> => {
    if (!matchImages.some((pattern) => fitsRepository(pattern, repository))) return undefined
    try {
      return await ask(repository, user)
    } catch (error) {
      log.error("a credential provider did not give credentials", { provider: name, image: repository, error })
      return undefined
    }
  }
}

/** Of several answers the more specific entries come first, and of equal ones those of the earlier plugin. */
function inOrder(image: string, answers: readonly (Answer | undefined)[]): ProvidedCredentials[] {
  const given = answers.flatMap((answer) => (answer === undefined ? [] : [answer]))
  const secretOf = ({ auth }: Answer) => {
    const data = new Map([[".dockerconfigjson", Buffer.from(JSON.stringify({ auths: auth }))]])
    return { type: "kubernetes.io/dockerconfigjson", data }
  }
  const ofEach = given.flatMap((answer) =>
    credentialsFor(image, [secretOf(answer)]).credentials.map((credentials) => {
      return { text: JSON.stringify(credentials), serviceAccount: answer.serviceAccount }
    }),
  )
  return credentialsFor(image, given.map(secretOf)).credentials.map((credentials) => {
    const text = JSON.stringify(credentials)
    const serviceAccount = ofEach.find((each) => each.text === text)?.serviceAccount
    return { credentials, ...(serviceAccount && { serviceAccount }) }
  })
}
