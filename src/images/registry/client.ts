import type { OutgoingHttpHeaders } from "node:http"
import type { Clock } from "../../platform/clock.ts"
import { digestOf } from "../content/digest.ts"
import { MANIFEST_BYTES_MAX, MediaType } from "../content/oci.ts"
import { type Reference, repositoryName } from "../content/reference.ts"
import { ImageError, type RegistryCredentials } from "../images.ts"
import { Authorizer } from "./auth.ts"
import { errorText, HttpClient, type HttpResponse, readBody } from "./http.ts"

const REDIRECTS_MAX = 10
const ATTEMPTS_MAX = 4
const RETRY_FIRST_MS = 500
const RETRY_AFTER_MAX_MS = 30_000
const ACCEPT = [MediaType.ociIndex, MediaType.ociManifest, MediaType.dockerIndex, MediaType.dockerManifest].join(", ")
const DOCKER_HUB = "registry-1.docker.io"
/** Failures that the next attempt may not meet. A refused connection or an unknown host will not change in seconds. */
const PASSING = new Set(["ECONNRESET", "ETIMEDOUT", "EPIPE", "EAI_AGAIN", "ECONNABORTED"])

/** How to reach one registry; what is absent follows Docker's rules. */
export interface RegistrySettings {
  /** HTTP without TLS. Default: only for localhost and loopback addresses. */
  readonly plainHttp?: boolean
  /** Further trusted certificates, PEM. */
  readonly ca?: string
}

export interface RegistryClientOptions {
  readonly clock: Pick<Clock, "after" | "sleep">
  /** By host and port as written in image names. */
  readonly registries?: ReadonlyMap<string, RegistrySettings>
  /** Where HTTPS_PROXY and the like are read from. Default: no proxy. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>
}

/**
 * Talks to registries. https://github.com/opencontainers/distribution-spec
 */
export class RegistryClient {
  readonly #options: RegistryClientOptions
  readonly #http: HttpClient

  constructor(options: RegistryClientOptions) {
    this.#options = options
    this.#http = new HttpClient(options.clock, options.proxyEnv)
  }

  /** One repository with one set of credentials. */
  repository(
    ref: Reference,
    credentials: RegistryCredentials | null,
    actions: "pull" | "pull,push" = "pull",
  ): Repository {
    const settings = this.#options.registries?.get(ref.domain)
    const plain = settings?.plainHttp ?? isLoopback(ref.domain)
    const host = ref.domain === "docker.io" ? DOCKER_HUB : ref.domain
    const base = new URL(`${plain ? "http" : "https"}://${host}/v2/${ref.path}/`)
    const authorizer = new Authorizer(this.#http, credentials, `repository:${ref.path}:${actions}`, settings?.ca)
    return new Repository(this.#http, this.#options.clock, base, repositoryName(ref), authorizer, settings?.ca)
  }

  /** Closes idle connections. */
  close(): void {
    this.#http.close()
  }
}

interface Call {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: () => Uint8Array | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal | undefined
  readonly accept: readonly number[]
  /** What is asked for, for messages: `docker.io/library/nginx:latest`. */
  readonly what: string
}

/** The requests on one repository. Errors are `ImageError`s that name the image. */
export class Repository {
  readonly name: string
  readonly #http: HttpClient
  readonly #clock: Pick<Clock, "sleep">
  readonly #base: URL
  readonly #authorizer: Authorizer
  readonly #ca: string | undefined

  constructor(
    http: HttpClient,
    clock: Pick<Clock, "sleep">,
    base: URL,
    name: string,
    authorizer: Authorizer,
    ca: string | undefined,
  ) {
    this.#http = http
    this.#clock = clock
    this.#base = base
    this.name = name
    this.#authorizer = authorizer
    this.#ca = ca
  }

  /** Fetches a manifest or index by tag or digest and verifies it. */
  async manifest(
    reference: string,
    signal?: AbortSignal,
  ): Promise<{ bytes: Buffer; mediaType: string; digest: string }> {
    const what = `${this.name}${reference.startsWith("sha256:") ? "@" : ":"}${reference}`
    const url = this.#url(`manifests/${reference}`)
    const response = await this.call(url, { headers: { accept: ACCEPT }, signal, accept: [200], what })
    const bytes = await readBody(response, MANIFEST_BYTES_MAX)
    const digest = digestOf(bytes)
    const promised = reference.startsWith("sha256:") ? reference : response.header("docker-content-digest")
    if (promised?.startsWith("sha256:") && promised !== digest) {
      throw new ImageError(
        "DigestMismatch",
        `${what}: the registry sent a manifest with digest ${digest} instead of ${promised}`,
      )
    }
    const mediaType = (response.header("content-type") ?? "").split(";")[0]?.trim() ?? ""
    return { bytes, mediaType, digest }
  }

  /** Opens a blob from byte `start` on; `start` in the answer is 0 when the registry cannot continue. */
  async blob(
    digest: string,
    start: number,
    signal?: AbortSignal,
  ): Promise<{ body: AsyncIterable<Buffer>; start: number }> {
    const headers = start > 0 ? { range: `bytes=${start}-` } : {}
    const what = `${this.name}@${digest}`
    const response = await this.call(this.#url(`blobs/${digest}`), { headers, signal, accept: [200, 206], what })
    return { body: response.body, start: response.status === 206 ? start : 0 }
  }

  /** Whether the registry has a blob in this repository. */
  async hasBlob(digest: string, signal?: AbortSignal): Promise<boolean> {
    const url = this.#url(`blobs/${digest}`)
    const response = await this.call(url, {
      method: "HEAD",
      signal,
      accept: [200, 404],
      what: `${this.name}@${digest}`,
    })
    response.body.resume()
    return response.status === 200
  }

  /** Uploads a blob in one piece. */
  async uploadBlob(
    blob: { readonly digest: string; readonly size: number; readonly open: () => AsyncIterable<Uint8Array> },
    signal?: AbortSignal,
  ): Promise<void> {
    const what = `${this.name}@${blob.digest}`
    const begun = await this.call(this.#url("blobs/uploads/"), {
      method: "POST",
      headers: { "content-length": 0 },
      signal,
      accept: [202],
      what,
    })
    begun.body.resume()
    const location = begun.header("location")
    if (!location) throw new ImageError("Unreachable", `${what}: the registry gave no place to upload to`)
    const url = new URL(location, this.#base)
    url.searchParams.set("digest", blob.digest)
    const headers = { "content-type": "application/octet-stream", "content-length": blob.size }
    const done = await this.call(url, { method: "PUT", headers, body: blob.open, signal, accept: [201, 204], what })
    done.body.resume()
  }

  /** Stores a manifest or index under a tag or its digest. */
  async putManifest(reference: string, bytes: Uint8Array, mediaType: string, signal?: AbortSignal): Promise<void> {
    const response = await this.call(this.#url(`manifests/${reference}`), {
      method: "PUT",
      headers: { "content-type": mediaType, "content-length": bytes.length },
      body: () => bytes,
      signal,
      accept: [200, 201, 202],
      what: `${this.name}:${reference}`,
    })
    response.body.resume()
  }

  /** Sends a request with authentication, redirects and retries; anything but the accepted codes is an error. */
  async call(url: URL, call: Call): Promise<HttpResponse> {
    for (let attempt = 1; ; attempt++) {
      let failure: ImageError
      let delayMs = RETRY_FIRST_MS * 2 ** (attempt - 1)
      try {
        const response = await this.#authorized(url, call)
        if (call.accept.includes(response.status)) return response
        const text = await errorText(response)
        failure = this.#statusError(response.status, call.what, text)
        if (response.status !== 429 && response.status < 500) throw failure
        const after = Number(response.header("retry-after"))
        if (after > 0) delayMs = Math.min(after * 1000, RETRY_AFTER_MAX_MS)
      } catch (error) {
        if (!(error instanceof ImageError) || error.code !== "Unreachable" || !isPassing(error)) throw error
        failure = error
      }
      if (attempt >= ATTEMPTS_MAX) throw failure
      await this.#clock.sleep(delayMs, call.signal)
    }
  }

  async #authorized(url: URL, call: Call): Promise<HttpResponse> {
    const first = await this.#followed(url, call)
    if (first.status !== 401) return first
    first.body.resume()
    await this.#authorizer.answer(first.header("www-authenticate"), this.#base, call.signal)
    return this.#followed(url, call)
  }

  async #followed(start: URL, call: Call): Promise<HttpResponse> {
    let url = start
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      // Credentials are for the registry, not for the storage that it redirects to.
      const authorization = url.host === this.#base.host ? this.#authorizer.header : null
      const response = await this.#http.send({
        method: call.method ?? "GET",
        url,
        headers: { "user-agent": "gantry", ...call.headers, ...(authorization ? { authorization } : {}) },
        ...(call.body ? { body: call.body } : {}),
        ca: this.#ca,
        signal: call.signal,
      })
      const location = response.header("location")
      if (![301, 302, 303, 307, 308].includes(response.status) || !location) return response
      response.body.resume()
      const next = new URL(location, url)
      if (url.protocol === "https:" && next.protocol !== "https:") {
        throw new ImageError("Unreachable", `${call.what}: ${url.host} redirects to ${next.origin}, which is not HTTPS`)
      }
      url = next
    }
    throw new ImageError("Unreachable", `${call.what}: more than ${REDIRECTS_MAX} redirects`)
  }

  #statusError(status: number, what: string, text: string): ImageError {
    if (status === 404) return new ImageError("NotFound", `${what}: not found (${text})`)
    if (status === 401 || status === 403) {
      const advice = "the repository may not exist or may require other credentials"
      return new ImageError("Unauthorized", `${what}: pull access denied, ${advice} (${text})`)
    }
    return new ImageError("Unreachable", `${what}: ${this.#base.host} answered ${status}: ${text}`)
  }

  #url(path: string): URL {
    return new URL(path, this.#base)
  }
}

function isPassing(error: ImageError): boolean {
  const cause = error.cause
  return cause === undefined || (cause instanceof Error && "code" in cause && PASSING.has(String(cause.code)))
}

function isLoopback(domain: string): boolean {
  const host = domain.startsWith("[") ? domain.slice(1, domain.indexOf("]")) : domain.replace(/:\d+$/, "")
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)
}
