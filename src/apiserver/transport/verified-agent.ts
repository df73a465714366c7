import { X509Certificate } from "node:crypto"
import { Agent } from "node:https"
import { isIP } from "node:net"
import { getCACertificates } from "node:tls"
import { nameProblem } from "../../machinery/net/connection-words.ts"

/** Connections to servers that users configure: extension servers, webhooks. They are kept for the next request. */
export interface VerifiedAgentOptions {
  /** PEM in base64, as objects hold it. Absent or empty: the machine's own roots. */
  readonly caBundle?: string | undefined
  /** The server's certificate is not looked at. */
  readonly insecure?: boolean | undefined
  /** Who this server is to the other; PEM, both or none. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** As Go's. */
const IDLE_MS = 90_000
const IDLE_SOCKETS_MAX = 25

let systemRoots: readonly string[] | undefined

/** Throws an `Error` in the words of kube-apiserver's client when the bundle holds no certificate. The caller destroys it. */
export function createVerifiedAgent({ caBundle = "", insecure = false, cert, key }: VerifiedAgentOptions): Agent {
  if (insecure && caBundle !== "") {
    throw new Error("specifying a root certificates file with the insecure flag is not allowed")
  }
  const ca = caBundle === "" ? (systemRoots ??= getCACertificates("system")) : certificatesIn(caBundle)
  return new Agent({
    keepAlive: true,
    maxFreeSockets: IDLE_SOCKETS_MAX,
    timeout: IDLE_MS,
    ca: [...ca],
    rejectUnauthorized: !insecure,
    // With the agent, not the request: otherwise connections would not be used again.
    checkServerIdentity: (name, certificate) => {
      const problem = nameProblem(name, isIP(name) !== 0, certificate)
      return problem === undefined ? undefined : new Error(problem)
    },
    ...(cert !== undefined && { cert, key }),
  })
}

function certificatesIn(caBundle: string): readonly string[] {
  const pem = Buffer.from(caBundle, "base64").toString()
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const readable = found.filter((each) => {
    try {
      return new X509Certificate(each).serialNumber !== ""
    } catch {
      // As Go: the others may still be of use.
      return false
    }
  })
  if (readable.length > 0) return readable
  throw new Error("unable to load root certificates: unable to parse bytes as PEM block")
}
