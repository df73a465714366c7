import { X509Certificate } from "node:crypto"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { messageOf } from "../machinery/status/message-of.ts"
import { readTextIfPresent } from "../platform/linux/files.ts"

/** A certificate as it stands in its file. */
export interface CertificateStatus {
  /** Of its file, below the folder of certificates, such as `apiserver` or `nodes/n1/kubelet`. */
  readonly name: string
  readonly isAuthority: boolean
  /** As RFC 4514 writes names: `O=system:nodes, CN=system:node:n1`. */
  readonly subject: string
  readonly issuer: string
  /** Since the Unix epoch. */
  readonly expiresMs: number
}

export interface DamagedCertificate {
  readonly name: string
  readonly problem: string
}

/** Every certificate of a cluster: authorities first, then by name. */
export function listCertificates(dir: string): (CertificateStatus | DamagedCertificate)[] {
  const nodesDir = join(dir, "nodes")
  const nodes = existsSync(nodesDir) ? readdirSync(nodesDir).toSorted() : []
  const names = ["", ...nodes.map((node) => `nodes/${node}/`)].flatMap((prefix) => namesIn(dir, prefix))
  const found = names.map((name) => describe(dir, name))
  const rank = (one: (typeof found)[number]) => ("isAuthority" in one && one.isAuthority ? 0 : 1)
  return found.toSorted((a, b) => rank(a) - rank(b))
}

function namesIn(dir: string, prefix: string): string[] {
  const files = readdirSync(join(dir, prefix)).filter((file) => file.endsWith(".crt"))
  return files.map((file) => `${prefix}${file.slice(0, -".crt".length)}`).toSorted()
}

function describe(dir: string, name: string): CertificateStatus | DamagedCertificate {
  try {
    const {
      ca: isAuthority,
      subject,
      issuer,
      validToDate,
    } = new X509Certificate(readTextIfPresent(join(dir, `${name}.crt`)) ?? "")
    return { name, isAuthority, subject: oneLine(subject), issuer: oneLine(issuer), expiresMs: validToDate.getTime() }
  } catch (error) {
    return { name, problem: messageOf(error) }
  }
}

const oneLine = (name: string): string => name.replaceAll("\n", ", ")
