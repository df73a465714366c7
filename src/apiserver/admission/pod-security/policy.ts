import { type FieldError, invalid } from "../../../machinery/field/error.ts"

/**
 * Which level of the Pod Security Standards a namespace asks for, from its labels.
 * https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export interface Policy {
  /** What is refused. */
  readonly enforce: LevelVersion
  /** What is noted in the audit log. */
  readonly audit: LevelVersion
  /** What the user is warned about. */
  readonly warn: LevelVersion
}

export interface LevelVersion {
  readonly level: Level
  /** The minor version whose standards hold; Infinity for the latest. */
  readonly minor: number
}

export type Level = "privileged" | "baseline" | "restricted"
/** From the least to the most strict. */
const LEVELS: readonly Level[] = ["privileged", "baseline", "restricted"]

export const isStricter = (left: Level, right: Level): boolean => LEVELS.indexOf(left) > LEVELS.indexOf(right)

/** `restricted:latest`, `baseline:v1.30` */
export function formatLevel({ level, minor }: LevelVersion): string {
  return `${level}:${minor === Number.POSITIVE_INFINITY ? "latest" : `v1.${minor}`}`
}

const LATEST: LevelVersion = { level: "privileged", minor: Number.POSITIVE_INFINITY }
/** Of namespaces without labels. */
const PRIVILEGED: Policy = { enforce: LATEST, audit: LATEST, warn: LATEST }

export const isFullyPrivileged = (policy: Policy): boolean =>
  [policy.enforce, policy.audit, policy.warn].every(({ level }) => level === "privileged")

export const isSameLevel = (left: LevelVersion, right: LevelVersion): boolean =>
  left.level === right.level && left.minor === right.minor

const PREFIX = "pod-security.kubernetes.io/"
const VERSION = /^v1\.(0|[1-9][0-9]*)$/

interface Read {
  readonly policy: Policy
  /** What is wrong with the labels. The policy is then as strict as it can be where it refuses, and lax elsewhere. */
  readonly errors: readonly FieldError[]
}

type Labels = Readonly<Record<string, string>>
/** Labels of stored namespaces do not change, and are asked about with each pod. */
const known = new WeakMap<Labels, Read>()

export function policyOf(labels: Labels | undefined): Read {
  return labels === undefined ? { policy: PRIVILEGED, errors: [] } : known.getOrInsertComputed(labels, read)
}

function read(labels: Labels): Read {
  const errors: FieldError[] = []
  const levelOf = (name: string, whenWrong: Level): Level | undefined => {
    const value = labels[PREFIX + name]
    if (value === undefined) return undefined
    const level = LEVELS.find((each) => each === value)
    if (level === undefined) errors.push(wrong(name, value, `must be one of ${LEVELS.join(", ")}`))
    return level ?? whenWrong
  }
  const minorOf = (name: string): number | undefined => {
    const value = labels[`${PREFIX}${name}`]
    if (value === undefined || value === "latest") return value && Number.POSITIVE_INFINITY
    const minor = VERSION.exec(value)?.[1]
    if (minor === undefined) errors.push(wrong(name, value, 'must be "latest" or "v1.x"'))
    return minor === undefined ? Number.POSITIVE_INFINITY : Number(minor)
  }
  const readMode = (mode: string, whenWrong: Level) => {
    const level = levelOf(mode, whenWrong)
    return { level, minor: minorOf(`${mode}-version`) }
  }
  const enforce = readMode("enforce", "restricted")
  const enforceIsValid = errors.every(({ field }) => field !== fieldOf("enforce"))
  const audit = readMode("audit", "privileged")
  const warn = readMode("warn", "privileged")
  // Whoever is refused something is warned about the controllers that would run into it.
  const follows = warn.level === undefined && enforceIsValid && isStricter(enforce.level ?? "privileged", "privileged")
  return {
    policy: {
      enforce: complete(enforce),
      audit: complete(audit),
      warn: complete(follows ? { level: enforce.level, minor: warn.minor ?? enforce.minor } : warn),
    },
    errors,
  }
}

function complete(read: { readonly level: Level | undefined; readonly minor: number | undefined }): LevelVersion {
  return { level: read.level ?? "privileged", minor: read.minor ?? Number.POSITIVE_INFINITY }
}

const fieldOf = (name: string): string => `metadata.labels[${PREFIX}${name}]`

function wrong(name: string, value: string, why: string): FieldError {
  return invalid(fieldOf(name), value, why)
}
