import { posix } from "node:path"
import { WebhookCallError } from "./call-error.ts"

/** How a webhook is reached, as `clientConfig` says it. Either `url` or `service` is set. */
export interface WebhookTarget {
  readonly url?: string | undefined
  readonly service?: WebhookService | undefined
  /** PEM in base64, as `clientConfig` holds it. Absent or empty: the machine's own roots. */
  readonly caBundle?: string | undefined
  /** Who this server is to the webhook, for those that are configured by a kubeconfig. */
  readonly identity?: WebhookIdentity | undefined
  /** The name that the certificate must carry, when that is not the one it is reached by. */
  readonly serverName?: string | undefined
  /** The server's certificate is not looked at. */
  readonly insecure?: boolean | undefined
}

export interface WebhookService {
  readonly namespace: string
  readonly name: string
  readonly path?: string | undefined
  /** Default: 443. */
  readonly port?: number | undefined
}

export interface WebhookIdentity {
  /** PEM, both or none. */
  readonly cert?: string
  readonly key?: string
  /** Bearer token. */
  readonly token?: string
}

/** Where a service is reached from this process. Throws an `Error` in Kubernetes' words when it is not. */
export type ServiceResolver = (namespace: string, name: string, port: number) => Address | Promise<Address>

export interface Address {
  readonly host: string
  readonly port: number
}

/** What a request needs of a target. */
export interface Destination {
  /** For messages: with the path, without query. */
  readonly url: URL
  /** Go leaves 443 away only when the configuration did. */
  readonly authority: string
  /** Where to connect to. */
  readonly host: string
  /** The name that the certificate must carry. */
  readonly serverName: string
  /** Where to connect to, when that is not what the URL names. */
  readonly service: WebhookService | undefined
}

const HTTPS_PORT = 443

/** Throws `WebhookCallError` when the target says nothing that could be called. */
export function destinationOf({ url, service, serverName: wanted }: WebhookTarget): Destination {
  if (service !== undefined) {
    const serverName = `${service.name}.${service.namespace}.svc`
    const authority = `${serverName}:${service.port || HTTPS_PORT}`
    const url = withPath(`https://${authority}`, service.path ?? "")
    return { url, authority, host: serverName, serverName, service }
  }
  if (url === undefined || url === "") {
    throw new WebhookCallError("webhook configuration must have either service or URL", { isConfiguration: true })
  }
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch (error) {
    throw new WebhookCallError(`Unparsable URL: parse ${JSON.stringify(url)}: invalid URI for request`, {
      cause: error,
    })
  }
  const authority = /^https:\/\/([^/?#]*)/i.exec(url)?.[1] ?? parsed.host
  const host = parsed.hostname.replace(/^\[|\]$/g, "")
  const serverName = wanted ?? host
  return { url: withPath(parsed.origin, parsed.pathname), authority, host, serverName, service: undefined }
}

/** Cleaned as Go's `path.Join` does: no empty or relative segments, no slash at the end. */
function withPath(origin: string, path: string): URL {
  const joined = posix.join("/", path)
  const cleaned = joined.length > 1 && joined.endsWith("/") ? joined.slice(0, -1) : joined
  return new URL(cleaned, origin)
}
