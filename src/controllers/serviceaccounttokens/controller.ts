import { Secret } from "../../api/core/v1/secret.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { keyOf, splitKey } from "../../client/informer.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { type TokenSigner, tokenSigner } from "../../pki/json-web-token.ts"
import { type ControllerContext, type ControllerDefinition, defineController } from "../define-controller.ts"
import { ACCOUNT_NAME, ACCOUNT_UID, filled, isAccountToken, legacyClaims } from "./plan.ts"

export interface AccountTokenSettings {
  /** Of the cluster, PEM. */
  readonly caPem: string
  /** What tokens are signed with, PEM. */
  readonly signingKey: string
}

/** Tokens by the key of the account that they name. */
const OF_ACCOUNT = "account"
/** Before a key: a secret that is gone, under the account that may name it. No object's name has a colon. */
const GONE = "gone:"

/**
 * Fills in the Secrets that ask for a token of a service account, and deletes them with the account.
 * https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
 */
export function accountTokensController({ caPem, signingKey }: AccountTokenSettings): ControllerDefinition {
  let signer: TokenSigner | undefined
  const sign = (claims: object) => (signer ??= tokenSigner(signingKey)).sign(claims)
  return defineController({
    name: "serviceaccount-token-controller",
    reads: [Secret, ServiceAccount],
    writes: [
      { resource: Secret, verbs: ["update", "delete"] },
      { resource: ServiceAccount, verbs: ["update"] },
    ],
    start(context) {
      const secrets = context.informer(Secret)
      context.enqueueOn(Secret, ({ type, object }) => {
        if (!isAccountToken(object)) return []
        const { annotations, name, namespace } = object.metadata
        const account = annotations?.[ACCOUNT_NAME] ?? ""
        return type === "deleted" ? [`${namespace}/${GONE}${account}:${name}`] : [keyOf(object)]
      })
      secrets.addIndex(OF_ACCOUNT, (secret) =>
        isAccountToken(secret)
          ? [`${secret.metadata.namespace}/${secret.metadata.annotations?.[ACCOUNT_NAME] ?? ""}`]
          : [],
      )
      context.enqueueOn(ServiceAccount, ({ object }) => secrets.indexed(OF_ACCOUNT, keyOf(object)).map(keyOf))
      return async (key) => {
        const { namespace, name } = splitKey(key)
        if (name.startsWith(GONE)) {
          const [account = "", secret = ""] = name.slice(GONE.length).split(":")
          return forget(context, namespace, account, secret)
        }
        const secret = secrets.get(key)
        if (secret !== undefined && isAccountToken(secret)) await settle(context, secret, caPem, sign)
      }
    },
  })
}

async function settle(
  context: ControllerContext,
  secret: Secret,
  caPem: string,
  sign: (claims: object) => string,
): Promise<void> {
  const { annotations, deletionTimestamp, uid } = secret.metadata
  if (deletionTimestamp !== undefined) return
  const account = await accountOf(context, secret)
  const secrets = context.client.of(Secret)
  try {
    if (account === undefined || (annotations?.[ACCOUNT_UID] ?? account.metadata.uid) !== account.metadata.uid) {
      await secrets.delete(secret.metadata, { preconditions: { uid } })
      return
    }
    const full = filled(secret, account, caPem, () => sign(legacyClaims(account, secret)))
    if (full !== undefined) await secrets.update(full)
  } catch (error) {
    // Whoever was faster brings it here again.
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

/** The informer may not have heard of an account that was made just before its secret. */
async function accountOf(
  { client, informer }: ControllerContext,
  { metadata }: Secret,
): Promise<ServiceAccount | undefined> {
  const name = metadata.annotations?.[ACCOUNT_NAME] ?? ""
  const known = informer(ServiceAccount).get(`${metadata.namespace}/${name}`)
  if (known !== undefined) return known
  try {
    return await client.of(ServiceAccount).get({ namespace: metadata.namespace, name })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Takes a secret that is gone from the list of its account. */
async function forget(
  { client, informer }: ControllerContext,
  namespace: string,
  name: string,
  secret: string,
): Promise<void> {
  const account = informer(ServiceAccount).get(`${namespace}/${name}`)
  const listed = account?.secrets ?? []
  if (account === undefined || informer(Secret).get(`${namespace}/${secret}`) !== undefined) return
  if (!listed.some((reference) => reference.name === secret)) return
  const secrets = listed.filter((reference) => reference.name !== secret)
  await client.of(ServiceAccount).update({ ...account, secrets })
}
