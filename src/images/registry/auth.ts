import { ImageError, type RegistryCredentials } from "../images.ts"
import { parseChallenges } from "./challenge.ts"
import { errorText, type HttpClient, readBody } from "./http.ts"

const TOKEN_BYTES_MAX = 1024 * 1024
const CLIENT_ID = "gantry"

/**
 * Answers a registry's 401 for one repository: basic authentication, or a token from the token server that the
 * challenge names. https://distribution.github.io/distribution/spec/auth/token/
 */
export class Authorizer {
  readonly #http: HttpClient
  readonly #credentials: RegistryCredentials | null
  readonly #scope: string
  readonly #ca: string | undefined
  #header: string | null = null

  constructor(http: HttpClient, credentials: RegistryCredentials | null, scope: string, ca?: string) {
    this.#http = http
    this.#credentials = credentials
    this.#scope = scope
    this.#ca = ca
    if (credentials?.registryToken) this.#header = `Bearer ${credentials.registryToken}`
  }

  /** The `Authorization` header to send now, or null. */
  get header(): string | null {
    return this.#header
  }

  /** Takes a challenge; afterwards `header` answers it. Throws `ImageError` Unauthorized when that is not possible. */
  async answer(challengeHeader: string | undefined, registry: URL, signal?: AbortSignal): Promise<void> {
    const challenges = parseChallenges(challengeHeader ?? "")
    const bearer = challenges.find((challenge) => challenge.scheme === "bearer")
    const realm = bearer?.parameters.get("realm")
    if (bearer && realm !== undefined) {
      this.#header = `Bearer ${await this.#token(realm, bearer.parameters, registry, signal)}`
      return
    }
    const basic = basicHeader(this.#credentials)
    if (challenges.some((challenge) => challenge.scheme === "basic") && basic !== null) {
      this.#header = basic
      return
    }
    const wants = challenges.map((challenge) => challenge.scheme).join(", ") || "credentials"
    throw new ImageError(
      "Unauthorized",
      `${registry.host} requires authentication (${wants}) and no credentials were given`,
    )
  }

  async #token(
    realm: string,
    challenge: ReadonlyMap<string, string>,
    registry: URL,
    signal?: AbortSignal,
  ): Promise<string> {
    const url = tokenUrl(realm, registry)
    const service = challenge.get("service")
    const scope = challenge.get("scope") ?? this.#scope
    const refresh = this.#credentials?.identityToken
    const response = await this.#http.send(
      refresh
        ? {
            method: "POST",
            url,
            headers: { "content-type": "application/x-www-form-urlencoded" },
            body: () => Buffer.from(refreshForm(refresh, scope, service)),
            ca: this.#ca,
            signal,
          }
        : { method: "GET", url: withQuery(url, scope, service), headers: this.#basicHeaders(), ca: this.#ca, signal },
    )
    if (response.status === 401 || response.status === 403) {
      throw new ImageError("Unauthorized", `${url.host} refused the credentials: ${await errorText(response)}`)
    }
    if (response.status !== 200) {
      throw new ImageError(
        "Unreachable",
        `token server ${url.host} answered ${response.status}: ${await errorText(response)}`,
      )
    }
    const body = (await readBody(response, TOKEN_BYTES_MAX)).toString("utf8")
    return tokenIn(body, url)
  }

  #basicHeaders(): { authorization?: string } {
    const authorization = basicHeader(this.#credentials)
    return authorization === null ? {} : { authorization }
  }
}

function basicHeader(credentials: RegistryCredentials | null): string | null {
  if (!credentials || (credentials.username === undefined && credentials.password === undefined)) return null
  return `Basic ${Buffer.from(`${credentials.username ?? ""}:${credentials.password ?? ""}`).toString("base64")}`
}

/** A password must not travel in the clear because a registry said so. */
function tokenUrl(realm: string, registry: URL): URL {
  if (!URL.canParse(realm))
    throw new ImageError("Unauthorized", `${registry.host} names an invalid token server ${JSON.stringify(realm)}`)
  const url = new URL(realm)
  const allowed = url.protocol === "https:" || (url.protocol === "http:" && registry.protocol === "http:")
  if (!allowed) throw new ImageError("Unauthorized", `${registry.host} names token server ${realm}, which is not HTTPS`)
  return url
}

function withQuery(url: URL, scope: string, service: string | undefined): URL {
  const full = new URL(url)
  if (service !== undefined) full.searchParams.set("service", service)
  for (const one of scope.split(" ")) full.searchParams.append("scope", one)
  return full
}

function refreshForm(token: string, scope: string, service: string | undefined): string {
  const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token, client_id: CLIENT_ID, scope })
  if (service !== undefined) form.set("service", service)
  return form.toString()
}

function tokenIn(body: string, url: URL): string {
  let answer: { token?: unknown; access_token?: unknown } = {}
  try {
    answer = JSON.parse(body)
  } catch (cause) {
    throw new ImageError("Unauthorized", `token server ${url.host} answered what is not JSON`, { cause })
  }
  const token = answer.token ?? answer.access_token
  if (typeof token === "string" && token !== "") return token
  throw new ImageError("Unauthorized", `token server ${url.host} gave no token`)
}
