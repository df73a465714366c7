import { resolve } from "node:path"
import { type AdmissionSettings, settingsProblems } from "../../apiserver/admission/settings.ts"
import type { AuditSettings } from "../../apiserver/audit/audit.ts"
import { BATCH_DEFAULTS } from "../../apiserver/audit/batches.ts"
import { readNumber } from "../../cli/arguments.ts"
import { UserError } from "../../cli/user-error.ts"
import { parseDuration } from "../../machinery/time/duration.ts"
import { ACCESS_FILES, ACCESS_FLAGS, type AccessSettings, readAccessFlags } from "./access-flags.ts"

/** Options of the server that `gantry up` takes too, and remembers. Their names and defaults are kube-apiserver's. */
export const SERVER_FLAGS = {
  "authentication-config": { type: "string" },
  ...ACCESS_FLAGS,
  "enable-admission-plugins": { type: "string" },
  "disable-admission-plugins": { type: "string" },
  "admission-control-config-file": { type: "string" },
  "audit-policy-file": { type: "string" },
  "audit-log-path": { type: "string" },
  "audit-log-maxage": { type: "string" },
  "audit-log-maxbackup": { type: "string" },
  "audit-log-maxsize": { type: "string" },
  "audit-webhook-config-file": { type: "string" },
  "audit-webhook-initial-backoff": { type: "string" },
  "audit-webhook-batch-max-size": { type: "string" },
  "audit-webhook-batch-max-wait": { type: "string" },
  "scheduler-config": { type: "string" },
} as const

export type ServerFlag = keyof typeof SERVER_FLAGS
/** As they were given. An empty one is as good as none. */
export type ServerFlags = Readonly<Partial<Record<ServerFlag, string>>>

const FLAGS = Object.keys(SERVER_FLAGS) as ServerFlag[]
const FILES: ReadonlySet<string> = new Set<ServerFlag>([
  "authentication-config",
  ...ACCESS_FILES,
  "admission-control-config-file",
  "audit-policy-file",
  "audit-log-path",
  "audit-webhook-config-file",
  "scheduler-config",
])

/** What the server is told to be. */
export interface ServerOptions {
  /** An AuthenticationConfiguration: whose tokens are accepted besides the cluster's own. */
  readonly authenticationFile?: string
  readonly audit?: AuditSettings
  /** Webhooks that know users, and who decides what they may do. */
  readonly access?: AccessSettings
  /** Which admission plugins run; `configFile` is an AdmissionConfiguration. */
  readonly admission?: Omit<AdmissionSettings, "plugins"> & { readonly configFile?: string }
  /** A KubeSchedulerConfiguration. */
  readonly schedulerConfigFile?: string
}

/** Takes the server's flags out of a command's options; paths become absolute, since the server runs elsewhere. */
export function pickServerFlags(values: ServerFlags): ServerFlags {
  const picked = FLAGS.flatMap((flag) => {
    const value = values[flag]
    if (value === undefined) return []
    return [[flag, FILES.has(flag) && value !== "" && value !== "-" ? resolve(value) : value] as const]
  })
  return Object.fromEntries(picked)
}

/** The flags of before with those that are given now in their place. */
export function mergeServerFlags(before: ServerFlags = {}, given: ServerFlags = {}): ServerFlags {
  return Object.fromEntries(Object.entries({ ...before, ...given }).filter(([, value]) => value !== ""))
}

/** How the server command is told. */
export const serverArguments = (flags: ServerFlags = {}): string[] =>
  FLAGS.flatMap((flag) => (flags[flag] ? [`--${flag}=${flags[flag]}`] : []))

/** Throws `UserError` for what does not fit together or cannot be read. The files are not looked at. */
export function readServerFlags(flags: ServerFlags): ServerOptions {
  const { "authentication-config": authenticationFile, "scheduler-config": schedulerConfigFile } = flags
  const audit = auditOf(flags)
  const access = readAccessFlags(flags)
  const admission = admissionOf(flags)
  return {
    ...(authenticationFile && { authenticationFile }),
    ...(audit && { audit }),
    ...(Object.keys(access).length > 0 && { access }),
    ...(admission && { admission }),
    ...(schedulerConfigFile && { schedulerConfigFile }),
  }
}

function admissionOf(flags: ServerFlags): ServerOptions["admission"] {
  const configFile = flags["admission-control-config-file"]
  const names = (flag: ServerFlag) => (flags[flag] ?? "").split(",").filter((name) => name !== "")
  const [enable, disable] = [names("enable-admission-plugins"), names("disable-admission-plugins")]
  const [problem] = settingsProblems({ enable, disable })
  if (problem !== undefined) throw new UserError(problem, { exitCode: 2 })
  if (enable.length === 0 && disable.length === 0 && !configFile) return undefined
  return { enable, disable, ...(configFile && { configFile }) }
}

function auditOf(flags: ServerFlags): AuditSettings | undefined {
  const policyFile = flags["audit-policy-file"]
  const path = flags["audit-log-path"]
  const configFile = flags["audit-webhook-config-file"]
  const log = path ? { path, ...logLimits(flags) } : undefined
  const webhook = configFile ? { configFile, batch: batchOf(flags) } : undefined
  if (!policyFile) {
    const [idle] = FLAGS.filter((flag) => flag.startsWith("audit-") && flags[flag])
    if (idle === undefined) return undefined
    throw new UserError(`--${idle}: nothing is recorded without --audit-policy-file`, { exitCode: 2 })
  }
  if (log === undefined && webhook === undefined) {
    throw new UserError(
      "--audit-policy-file: records go nowhere without --audit-log-path or --audit-webhook-config-file",
      { exitCode: 2 },
    )
  }
  return { policyFile, ...(log && { log }), ...(webhook && { webhook }) }
}

const NUMBER_MAX = 1_000_000

function logLimits(flags: ServerFlags) {
  const number = (flag: ServerFlag, otherwise: number) =>
    flags[flag] ? readNumber(flags[flag], `--${flag}`, 0, NUMBER_MAX) : otherwise
  return {
    ageMaxDays: number("audit-log-maxage", 366),
    backupsMax: number("audit-log-maxbackup", 100),
    sizeMax: number("audit-log-maxsize", 100),
  }
}

function batchOf(flags: ServerFlags) {
  const eventsMax = flags["audit-webhook-batch-max-size"]
  const { bufferMax } = BATCH_DEFAULTS
  return {
    ...(eventsMax && { eventsMax: readNumber(eventsMax, "--audit-webhook-batch-max-size", 1, bufferMax) }),
    waitMs: duration(flags, "audit-webhook-batch-max-wait", BATCH_DEFAULTS.waitMs),
    firstRetryMs: duration(flags, "audit-webhook-initial-backoff", BATCH_DEFAULTS.firstRetryMs),
  }
}

function duration(flags: ServerFlags, flag: ServerFlag, otherwiseMs: number): number {
  const text = flags[flag]
  if (!text) return otherwiseMs
  const nanoseconds = parseDuration(text)
  if (nanoseconds !== undefined && nanoseconds > 0n) return Number(nanoseconds / 1_000_000n)
  throw new UserError(`--${flag}: found "${text}", expected a time such as 30s`, { exitCode: 2 })
}
