import { release } from "node:os"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Rejection } from "./admit.ts"

/** Which kernel settings pods may change. https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/ */

type Namespace = "IPC" | "Net"

/** Settings that reach no further than the pod, with the kernel that made them so. */
const SAFE: readonly (readonly [name: string, kernel: string])[] = [
  ["kernel.shm_rmid_forced", "0.0"],
  ["net.ipv4.ip_local_port_range", "0.0"],
  ["net.ipv4.tcp_syncookies", "0.0"],
  ["net.ipv4.ping_group_range", "0.0"],
  ["net.ipv4.ip_unprivileged_port_start", "0.0"],
  ["net.ipv4.ip_local_reserved_ports", "3.16"],
  ["net.ipv4.tcp_keepalive_time", "4.5"],
  ["net.ipv4.tcp_fin_timeout", "4.6"],
  ["net.ipv4.tcp_keepalive_intvl", "4.5"],
  ["net.ipv4.tcp_keepalive_probes", "4.5"],
  ["net.ipv4.tcp_rmem", "4.15"],
  ["net.ipv4.tcp_wmem", "4.15"],
]

const IPC = /^kernel\.(sem|shm(all|max|mni|_rmid_forced)?|msg(max|mnb|mni)?)$|^fs\.mqueue\./
const NET = /^net\./

/** Of a setting, or of the beginning of several; undefined: the node's own, or unknown. */
export function sysctlNamespace(name: string): Namespace | undefined {
  if (IPC.test(name)) return "IPC"
  return NET.test(name) ? "Net" : undefined
}

const BYTES_MAX = 253
const SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
const PATTERN = `(${SEGMENT}[\\./])*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]`
const isPattern = new RegExp(`^${PATTERN}$`)

/** What is wrong with a setting, or the beginning of several followed by `*`, that is to be allowed. */
export function sysctlPatternProblem(pattern: string): string | undefined {
  if (pattern.length <= BYTES_MAX && isPattern.test(pattern)) return undefined
  return `sysctl ${JSON.stringify(pattern)} must have at most ${BYTES_MAX} characters and match regex ${PATTERN}`
}

/** Why the node does not take a pod for the kernel settings that it asks for. */
export function refusedForSysctls(pod: Pod, unsafe: readonly string[], kernel = release()): Rejection | undefined {
  for (const { name } of pod.spec.securityContext?.sysctls ?? []) {
    const problem = sysctlProblem(normalized(name), pod, unsafe.map(normalized), kernel)
    if (problem === undefined) continue
    return { reason: "SysctlForbidden", message: `forbidden sysctl: ${problem}` }
  }
  return undefined
}

function sysctlProblem(name: string, { spec }: Pod, unsafe: readonly string[], kernel: string): string | undefined {
  const isSafe = SAFE.some(([safe, since]) => safe === name && isAtLeast(kernel, since))
  const isAllowed = isSafe || unsafe.some((each) => each === name || isBeginning(each, name))
  if (!isAllowed) return `${JSON.stringify(name)} not allowlisted`
  const namespace = sysctlNamespace(name)
  const shared = namespace === "IPC" ? spec.hostIPC : namespace === "Net" && spec.hostNetwork
  return shared ? `${JSON.stringify(name)} not allowed with host ${namespace} enabled` : undefined
}

const isBeginning = (pattern: string, name: string): boolean =>
  pattern.includes("*") && name.startsWith(pattern.slice(0, pattern.indexOf("*")))

/** With dots between the parts. When they are slashes, dots stand inside of them. */
function normalized(name: string): string {
  const separator = /[./]/.exec(name)?.[0]
  if (separator !== "/") return name
  return name.replaceAll(/[./]/g, (found) => (found === "/" ? "." : "/"))
}

function isAtLeast(kernel: string, since: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number)
  const [wantMajor = 0, wantMinor = 0] = since.split(".").map(Number)
  return major > wantMajor || (major === wantMajor && minor >= wantMinor)
}
