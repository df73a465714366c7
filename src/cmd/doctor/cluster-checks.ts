import { humanDuration } from "../../machinery/time/human.ts"
import type { CertificateStatus, DamagedCertificate } from "../../pki/list-certificates.ts"
import { problemsOf } from "../certs.ts"
import type { SecretKey } from "../server/secret-keys.ts"
import type { Finding } from "./checks.ts"

/** NIST SP 800-57 gives such keys two years at most; a year leaves time to act. */
const KEY_AGE_MAX_MS = 365 * 86_400_000

/** What of a cluster grows old: its certificates, and the key of its secrets. */
export function examineCluster(
  certificates: readonly (CertificateStatus | DamagedCertificate)[],
  keys: readonly SecretKey[],
  nowMs: number,
): Finding[] {
  return [...certificateFindings(certificates, nowMs), ...keyFindings(keys, nowMs)]
}

function certificateFindings(listed: readonly (CertificateStatus | DamagedCertificate)[], nowMs: number): Finding[] {
  const problems = problemsOf(listed, nowMs)
  if (problems.length === 0) return [{ state: "good", about: "certificates", text: `all ${listed.length} are good` }]
  return problems.map((text) => ({ state: "limited", about: "certificates", text }))
}

function keyFindings([current, ...former]: readonly SecretKey[], nowMs: number): Finding[] {
  if (current === undefined) return []
  const about = "secrets"
  const fix = "./gantry secrets rotate-key"
  if (former.length > 0) {
    return [{ state: "limited", about, text: "some are still encrypted with a former key", fix }]
  }
  const ageMs = nowMs - current.madeMs
  const text = `encrypted with a key made ${humanDuration(ageMs)} ago`
  return [ageMs > KEY_AGE_MAX_MS ? { state: "limited", about, text, fix } : { state: "good", about, text }]
}
