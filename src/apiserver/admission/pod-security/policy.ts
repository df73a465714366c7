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
/** Of namespaces without labels, unless the server is told otherwise. */
export const PRIVILEGED: Policy = { enforce: LATEST, audit: LATEST, warn: LATEST }

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
/** Labels of stored namespaces do not change, and are asked about with each pod. By what holds without labels. */
const known = new WeakMap<Policy, WeakMap<Labels, Read>>()

export function policyOf(labels: Labels | undefined, defaults: Policy = PRIVILEGED): Read {
  if (labels === undefined) return { policy: defaults, errors: [] }
  const byLabels = known.getOrInsertComputed(defaults, () => new WeakMap())
  return byLabels.getOrInsertComputed(labels, () => read(labels, defaults))
}

export const parseLevel = (text: string): Level | undefined => LEVELS.find((each) => each === text)

/** Of `latest` or `v1.x`. */
export function parseMinor(text: string): number | undefined {
  if (text === "latest") return Number.POSITIVE_INFINITY
  const minor = VERSION.exec(text)?.[1]
  return minor === undefined ? undefined : Number(minor)
}

function read(labels: Labels, defaults: Policy): Read {
  const errors: FieldError[] = []
  const levelOf = (name: string, whenWrong: Level): Level | undefined => {
    const value = labels[PREFIX + name]
    if (value === undefined) return undefined
    const level = parseLevel(value)
    if (level === undefined) errors.push(wrong(name, value, `must be one of ${LEVELS.join(", ")}`))
    return level ?? whenWrong
  }
  const minorOf = (name: string): number | undefined => {
    const value = labels[`${PREFIX}${name}`]
    if (value === undefined) return undefined
    const minor = parseMinor(value)
    if (minor === undefined) errors.push(wrong(name, value, 'must be "latest" or "v1.x"'))
    return minor ?? Number.POSITIVE_INFINITY
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
  const enforced = complete(enforce, defaults.enforce)
  const isSet = enforce.level !== undefined && enforceIsValid
  const follows = warn.level === undefined && isSet && isStricter(enforced.level, defaults.warn.level)
  return {
    policy: {
      enforce: enforced,
      audit: complete(audit, defaults.audit),
      warn: follows ? { level: enforced.level, minor: warn.minor ?? enforced.minor } : complete(warn, defaults.warn),
    },
    errors,
  }
}

interface ReadMode {
  readonly level: Level | undefined
  readonly minor: number | undefined
}

function complete({ level, minor }: ReadMode, otherwise: LevelVersion): LevelVersion {
  return { level: level ?? otherwise.level, minor: minor ?? otherwise.minor }
}

const fieldOf = (name: string): string => `metadata.labels[${PREFIX}${name}]`

function wrong(name: string, value: string, why: string): FieldError {
  return invalid(fieldOf(name), value, why)
}
