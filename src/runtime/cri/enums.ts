/** The enums of CRI v1: the index of a name is its number. */

export const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const
export const PROPAGATIONS = ["PRIVATE", "HOST_TO_CONTAINER", "BIDIRECTIONAL"] as const
export const NAMESPACE_MODES = ["POD", "CONTAINER", "NODE", "TARGET"] as const
export const GROUPS_POLICIES = ["Merge", "Strict"] as const
export const PROFILE_TYPES = ["RuntimeDefault", "Unconfined", "Localhost"] as const
export const SANDBOX_STATES = ["READY", "NOTREADY"] as const
export const CONTAINER_STATES = ["CREATED", "RUNNING", "EXITED", "UNKNOWN"] as const
export const EVENT_TYPES = ["CREATED", "STARTED", "STOPPED", "DELETED"] as const
export const CGROUP_DRIVERS = ["systemd", "cgroupfs"] as const

const REAL_TIME = Array.from({ length: 15 }, (_, index) => `SIGRTMIN+${index + 1}`)
const REAL_TIME_FROM_ABOVE = Array.from({ length: 14 }, (_, index) => `SIGRTMAX-${14 - index}`)
const USUAL =
  "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP " +
  "TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN"
/** Number 0, the empty name, leaves it to the image and the runtime. */
export const SIGNALS: readonly string[] = [
  "",
  ...USUAL.split(" ").map((name) => `SIG${name}`),
  ...REAL_TIME,
  ...REAL_TIME_FROM_ABOVE,
  "SIGRTMAX",
]

/** The number of a name. Throws `RangeError` for one that the enum lacks. */
export function numberOf<T extends string>(names: readonly T[], name: T): number {
  const number = names.indexOf(name)
  if (number < 0) throw new RangeError(`found "${name}", expected one of ${names.join(", ")}`)
  return number
}
