import type { PeerCertificate, TLSSocket } from "node:tls"
import type { Clock } from "../../platform/clock.ts"
import type { UserInfo } from "../call.ts"
import type { Exchange } from "../transport/exchange.ts"
import { certificatesOf, issuedBy } from "./certificate-chain.ts"

/**
 * The user that a client certificate names: common name and organizations are user and groups.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
 */
export function createCertificateAuthenticator(clientCa: readonly string[], clock: Pick<Clock, "nowMs">) {
  // The server trusts other CAs too, whose certificates name no users.
  const isFromClientCa = issuedBy(clientCa.flatMap(certificatesOf))
  interface Known {
    readonly user: UserInfo
    readonly endsMs: number
  }
  // A connection's certificate never changes, and carries thousands of requests.
  const known = new WeakMap<TLSSocket, Known | "none">()
  return (exchange: Exchange): UserInfo | undefined => {
    const { socket } = exchange
    let found = known.get(socket)
    if (found === undefined) {
      found = read(socket) ?? "none"
      known.set(socket, found)
    }
    if (found === "none") return undefined
    return found.endsMs > clock.nowMs() ? found.user : undefined
  }

  function read(socket: TLSSocket): Known | undefined {
    // TLS has checked chain, dates and purpose against the client CA; a resumed session may be "authorized" without
    // any certificate, so both are asked.
    if (!socket.authorized) return undefined
    const shown = socket.getPeerX509Certificate()
    if (shown === undefined || !isFromClientCa(shown)) return undefined
    const certificate = socket.getPeerCertificate()
    const name = attributes(certificate, "CN")[0]
    if (name === undefined || name === "") return undefined
    const groups = [...attributes(certificate, "O"), "system:authenticated"]
    const fingerprint = certificate.fingerprint256.replaceAll(":", "").toLowerCase()
    const extra = new Map([["authentication.kubernetes.io/credential-id", [`X509SHA256=${fingerprint}`]]])
    return { user: { name, groups, extra }, endsMs: Date.parse(certificate.valid_to) }
  }
}

function attributes(certificate: PeerCertificate, name: "CN" | "O"): readonly string[] {
  const value: unknown = certificate.subject?.[name]
  if (Array.isArray(value)) return value.filter((one) => typeof one === "string")
  return typeof value === "string" ? [value] : []
}
