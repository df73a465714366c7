import { quote } from "../../field/quote.ts"

/** A version as https://semver.org defines it, read as Kubernetes' library reads it. */
export interface SemanticVersion {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  /** Numbers compare as numbers, and come before texts. */
  readonly preRelease: readonly (bigint | string)[]
}

export class SemverError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "SemverError"
  }
}

const UINT64_MAX = 2n ** 64n - 1n
const DIGITS = /^[0-9]*$/
const IDENTIFIER = /^[0-9A-Za-z-]+$/

/** Throws `SemverError`. */
export function parseSemver(text: string): SemanticVersion {
  if (text === "") throw new SemverError("Version string empty")
  const [major, minor, rest] = splitThree(text)
  if (minor === undefined || rest === undefined) throw new SemverError("No Major.Minor.Patch elements found")
  const majorNumber = number("major", major)
  const minorNumber = number("minor", minor)
  const [beforeBuild, build] = cut(rest, "+")
  const [patch, preRelease] = cut(beforeBuild, "-")
  const version = {
    major: majorNumber,
    minor: minorNumber,
    patch: number("patch", patch),
    preRelease: preRelease === undefined ? [] : preRelease.split(".").map(preReleasePart),
  }
  for (const part of build?.split(".") ?? []) checkBuildPart(part)
  return version
}

/** Also reads `v1.2`: without `v`, without leading zeros, with what is missing as zero. Throws `SemverError`. */
export function parseSemverLoosely(text: string): SemanticVersion {
  const parts = splitThree(text.startsWith("v") ? text.slice(1) : text)
    .filter((part) => part !== undefined)
    .map(withoutLeadingZeros)
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? "")) {
    throw new SemverError("short version cannot contain PreRelease/Build meta data")
  }
  while (parts.length < 3) parts.push("0")
  return parseSemver(parts.join("."))
}

function splitThree(text: string): readonly [string, string | undefined, string | undefined] {
  const [major, rest] = cut(text, ".")
  if (rest === undefined) return [major, undefined, undefined]
  const [minor, patch] = cut(rest, ".")
  return [major, minor, patch]
}

function cut(text: string, at: string): readonly [before: string, after: string | undefined] {
  const place = text.indexOf(at)
  return place < 0 ? [text, undefined] : [text.slice(0, place), text.slice(place + 1)]
}

function withoutLeadingZeros(part: string): string {
  if (part.length <= 1) return part
  const rest = part.replace(/^0+/, "")
  return /^[0-9]/.test(rest) ? rest : `0${rest}`
}

function number(which: "major" | "minor" | "patch", text: string): bigint {
  if (!DIGITS.test(text)) throw new SemverError(`Invalid character(s) found in ${which} number ${quote(text)}`)
  if (text.length > 1 && text.startsWith("0")) {
    const title = `${which[0]?.toUpperCase()}${which.slice(1)}`
    throw new SemverError(`${title} number must not contain leading zeroes ${quote(text)}`)
  }
  return unsigned(text)
}

function unsigned(text: string): bigint {
  const refuse = (why: string) => new SemverError(`strconv.ParseUint: parsing ${quote(text)}: ${why}`)
  if (text === "") throw refuse("invalid syntax")
  const value = BigInt(text)
  if (value > UINT64_MAX) throw refuse("value out of range")
  return value
}

function preReleasePart(part: string): bigint | string {
  if (part === "") throw new SemverError("Prerelease is empty")
  if (!DIGITS.test(part)) {
    if (IDENTIFIER.test(part)) return part
    throw new SemverError(`Invalid character(s) found in prerelease ${quote(part)}`)
  }
  if (part.length > 1 && part.startsWith("0")) {
    throw new SemverError(`Numeric PreRelease version must not contain leading zeroes ${quote(part)}`)
  }
  return unsigned(part)
}

function checkBuildPart(part: string): void {
  if (part === "") throw new SemverError("Build meta data is empty")
  if (!IDENTIFIER.test(part)) throw new SemverError(`Invalid character(s) found in build meta data ${quote(part)}`)
}

/** The order of releases; build metadata does not count. */
export function compareSemver(left: SemanticVersion, right: SemanticVersion): -1 | 0 | 1 {
  for (const part of ["major", "minor", "patch"] as const) {
    if (left[part] !== right[part]) return left[part] > right[part] ? 1 : -1
  }
  const [a, b] = [left.preRelease, right.preRelease]
  // A release comes after its pre-releases.
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 0 : a.length === 0 ? 1 : -1
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = comparePreRelease(a[i] ?? "", b[i] ?? "")
    if (order !== 0) return order
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1
}

function comparePreRelease(left: bigint | string, right: bigint | string): -1 | 0 | 1 {
  if (left === right) return 0
  if (typeof left !== typeof right) return typeof left === "bigint" ? -1 : 1
  return left > right ? 1 : -1
}
