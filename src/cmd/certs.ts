import { readArguments } from "../cli/arguments.ts"
import { textTable } from "../cli/text-table.ts"
import { UserError } from "../cli/user-error.ts"
import { type CertificateStatus, type DamagedCertificate, listCertificates } from "../pki/list-certificates.ts"
import { RENEW_BEFORE_MS } from "../pki/pki.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import { nodeAddresses } from "./cluster/addresses.ts"
import { inRegistry } from "./cluster/cluster-lock.ts"
import { ensureClusterPki, ensureNodeCertificates } from "./cluster/cluster-pki.ts"
import { serverComponent } from "./cluster/components.ts"
import { LOOK_MS } from "./cluster/keep-certificates.ts"
import { renewCredentials } from "./cluster/kubeconfig-entry.ts"
import { layoutOf } from "./cluster/layout.ts"
import { findRunning } from "./cluster/pid-file.ts"
import { type ClusterRecord, DEFAULT_CLUSTER, needRecord } from "./cluster/record.ts"

const DAY_MS = 86_400_000

/** Shows the certificates of a cluster, or makes some of them anew. */
export async function certs(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(
    args,
    { name: { type: "string", default: DEFAULT_CLUSTER } },
    { min: 0, max: Number.POSITIVE_INFINITY },
  )
  const record = needRecord(values.name)
  const [action, ...names] = positionals
  if (action === undefined) return show(record)
  if (action === "renew") return renew(record, names)
  throw new UserError(`found "${action}", expected nothing, or renew and the names of certificates`, { exitCode: 2 })
}

function show(record: ClusterRecord): number {
  const listed = listCertificates(layoutOf(record).pkiDir)
  const nowMs = createNodePlatform().clock.nowMs()
  console.log(certificateTable(listed, nowMs))
  const problems = problemsOf(listed, nowMs)
  if (problems.length > 0) console.log(`\n${problems.map((problem) => `! ${problem}`).join("\n")}`)
  return problems.length === 0 ? 0 : 1
}

export function certificateTable(listed: readonly (CertificateStatus | DamagedCertificate)[], nowMs: number): string {
  const rows = listed.map((one) => {
    if ("problem" in one) return [one.name, "damaged", "", "", ""]
    const expires = `${new Date(one.expiresMs).toISOString().slice(0, 16).replace("T", " ")} UTC`
    return [one.name, one.subject, one.isAuthority ? "itself" : one.issuer, expires, String(daysLeft(one, nowMs))]
  })
  return textTable(["CERTIFICATE", "SUBJECT", "ISSUER", "EXPIRES", "DAYS LEFT"], rows)
}

const daysLeft = ({ expiresMs }: CertificateStatus, nowMs: number): number => Math.floor((expiresMs - nowMs) / DAY_MS)

/** What somebody must do something about; the rest renews itself. */
export function problemsOf(listed: readonly (CertificateStatus | DamagedCertificate)[], nowMs: number): string[] {
  return listed.flatMap((one) => {
    if ("problem" in one) return [`${one.name} is damaged: ${one.problem}`]
    const left = one.expiresMs - nowMs
    if (left >= RENEW_BEFORE_MS) return []
    const when = left < 0 ? "has expired" : `expires in ${daysLeft(one, nowMs)} days`
    if (one.isAuthority) return [`${one.name} ${when}: all certificates below it end with it, and it is not renewed`]
    return [`${one.name} ${when}: it is renewed when the cluster runs, or with: ./gantry certs renew ${one.name}`]
  })
}

async function renew(record: ClusterRecord, names: readonly string[]): Promise<number> {
  const platform = createNodePlatform({ logLevel: "error" })
  const { pkiDir } = layoutOf(record)
  const wanted = wantedOf(listCertificates(pkiDir), names)
  await inRegistry(platform.clock, () => {
    const isWanted = (name: string) => wanted.has(name)
    ensureClusterPki(record, platform, isWanted)
    for (const { name } of record.nodes) {
      ensureNodeCertificates(record, name, nodeAddresses(record, name), platform, isWanted)
    }
    if (wanted.has("admin")) renewCredentials(record)
  })
  for (const name of wanted) console.log(`${name} is renewed`)
  if (findRunning(serverComponent(record).pidFile) !== undefined) {
    console.log(`What runs uses them for new connections within ${LOOK_MS / 1000} s.`)
  }
  return 0
}

/** Throws `UserError` for names of nothing, and of authorities. */
export function wantedOf(
  listed: readonly (CertificateStatus | DamagedCertificate)[],
  names: readonly string[],
): Set<string> {
  const authorities = new Set(["ca", "front-proxy-ca"])
  const leaves = listed.map(({ name }) => name).filter((name) => !authorities.has(name))
  if (names.length === 0) {
    throw new UserError(`found no name, expected all or some of: ${leaves.join(", ")}`, { exitCode: 2 })
  }
  if (names.includes("all")) return new Set(leaves)
  for (const name of names) {
    if (authorities.has(name)) {
      throw new UserError(`${name} is an authority: with another one, every credential of clients and pods is invalid`)
    }
    if (!leaves.includes(name)) throw new UserError(`found "${name}", expected all or some of: ${leaves.join(", ")}`)
  }
  return new Set(names)
}
