import { type Agent, request } from "node:https"
import { createLocalJWKSet, type JSONWebKeySet } from "jose"
import { decodeUtf8, parseJson } from "../../../machinery/json/parse.ts"
import { wordsOf } from "../../../machinery/net/connection-words.ts"
import { isObject } from "../../../machinery/patch/structure.ts"
import type { Clock } from "../../../platform/clock.ts"
import { createVerifiedAgent } from "../../transport/verified-agent.ts"

/** The public keys of an issuer, found through its OpenID configuration. https://openid.net/specs/openid-connect-discovery-1_0.html */
export interface IssuerKeys {
  /** The keys as they are known; fetched when there are none. Throws when they cannot be. */
  current(): Promise<KeySet>
  /** The keys anew, since a token fits none; the known ones when they are quite new. */
  renewed(): Promise<KeySet>
  close(): void
}
export type KeySet = ReturnType<typeof createLocalJWKSet>

export interface IssuerKeysOptions {
  readonly url: string
  readonly discoveryUrl?: string | undefined
  /** PEM. Absent or empty: the machine's own roots. */
  readonly certificateAuthority?: string | undefined
  readonly clock: Clock
}

/** Whoever sends tokens of no known key must not have the issuer asked each time. */
const RENEW_AFTER_MS = 10_000
const TIMEOUT_MS = 30_000
const BYTES_MAX = 1 << 20

/** Throws when the certificates cannot be read. */
export function createIssuerKeys({
  url,
  discoveryUrl,
  certificateAuthority = "",
  clock,
}: IssuerKeysOptions): IssuerKeys {
  const agent = createVerifiedAgent({ caBundle: Buffer.from(certificateAuthority).toString("base64") })
  const described = discoveryUrl || `${url.replace(/\/$/, "")}/.well-known/openid-configuration`
  let known: { readonly keys: Promise<KeySet>; readonly atMs: number; isFailed: boolean } | undefined

  async function load(): Promise<KeySet> {
    const configuration = await fetchJson(described, agent, clock)
    const { issuer, jwks_uri: keysUrl } = isObject(configuration) ? configuration : {}
    if (issuer !== url) {
      throw new Error(
        `oidc: issuer did not match the issuer returned by provider, expected "${url}" got "${String(issuer)}"`,
      )
    }
    if (typeof keysUrl !== "string") throw new Error("provider did not return JWKS URL")
    return createLocalJWKSet((await fetchJson(keysUrl, agent, clock)) as JSONWebKeySet)
  }
  function fetched(): Promise<KeySet> {
    const keys = load()
    const made = { keys, atMs: clock.monotonicMs(), isFailed: false }
    known = made
    keys.catch(() => (made.isFailed = true))
    return keys
  }
  const isNew = () => known !== undefined && clock.monotonicMs() - known.atMs < RENEW_AFTER_MS

  return {
    current: () => (known === undefined || (known.isFailed && !isNew()) ? fetched() : known.keys),
    renewed: () => (known !== undefined && isNew() ? known.keys : fetched()),
    close: () => agent.destroy(),
  }
}

/** Redirects are not followed. */
function fetchJson(url: string, agent: Agent, clock: Clock): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (why: unknown) => reject(new Error(`Get "${url}": ${wordsOf(why)}`))
    if (!url.startsWith("https://")) return fail(new Error("URL scheme must be https"))
    const sent = request(url, { agent, headers: { accept: "application/json" } }, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on("data", (chunk: Buffer) => {
        length += chunk.length
        chunks.push(chunk)
        if (length > BYTES_MAX) sent.destroy(new Error(`the answer is larger than ${BYTES_MAX} bytes`))
      })
      response.on("error", fail)
      response.on("end", () => {
        if (response.statusCode !== 200) return fail(new Error(`unexpected status ${response.statusCode}`))
        try {
          resolve(parseJson(decodeUtf8(Buffer.concat(chunks))).value)
        } catch (error) {
          fail(error)
        }
      })
    })
    const timer = clock.after(TIMEOUT_MS, () => sent.destroy(new Error("context deadline exceeded")))
    sent.on("close", () => timer.cancel())
    sent.on("error", fail)
    sent.end()
  })
}
