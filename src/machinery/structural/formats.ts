import { isIPv4, isIPv6 } from "node:net"
import { compileRegex } from "../regex/regex.ts"
import { parseDuration } from "../time/duration.ts"
import { isCreditCard, isIsbn10, isIsbn13 } from "./check-digits.ts"
import { isEmailAddress, isRequestUri } from "./uri-formats.ts"

/** The formats of text that Kubernetes checks, by their names without dashes. Others are passed over. */
type Accepts = (text: string) => boolean

const matches =
  (pattern: RegExp): Accepts =>
  (text) =>
    pattern.test(text)

/** RFC 1034 and 1123, with letters and symbols of all scripts. */
const HOSTNAME = String.raw`^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$`

const octets = (count: number, separator: string) => `[0-9a-fA-F]{2}(?:${separator}[0-9a-fA-F]{2}){${count - 1}}`
const MAC = new RegExp(
  `^(?:${[6, 8, 20].flatMap((count) => [octets(count, ":"), octets(count, "-")]).join("|")}|${[3, 4, 10]
    .map((count) => `[0-9a-fA-F]{4}(?:\\.[0-9a-fA-F]{4}){${count - 1}}`)
    .join("|")})$`,
)
const uuid = (third: string, fourth: string): Accepts =>
  matches(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${third}-?${fourth}-?[0-9a-f]{12}$`, "i"))
const BYTE = "(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])"
const ANY_4 = "[0-9a-f]{4}"
const TIME = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$/

export const FORMATS: ReadonlyMap<string, Accepts> = new Map<string, Accepts>([
  ["bsonobjectid", matches(/^[0-9a-fA-F]{24}$/)],
  ["uri", isRequestUri],
  ["email", isEmailAddress],
  ["hostname", isHostname],
  ["ipv4", (text) => text.includes(".") && isIp(text)],
  ["ipv6", (text) => isIPv6(text) && !text.includes("%")],
  ["cidr", isCidr],
  ["mac", matches(MAC)],
  ["uuid", uuid(ANY_4, ANY_4)],
  ["uuid3", uuid("3[0-9a-f]{3}", ANY_4)],
  ["uuid4", uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}")],
  ["uuid5", uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}")],
  ["isbn", (text) => isIsbn10(text) || isIsbn13(text)],
  ["isbn10", isIsbn10],
  ["isbn13", isIsbn13],
  ["creditcard", isCreditCard],
  ["ssn", (text) => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ["hexcolor", matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ["rgbcolor", matches(new RegExp(`^rgb\\(\\s*${BYTE}\\s*,\\s*${BYTE}\\s*,\\s*${BYTE}\\s*\\)$`))],
  ["byte", (text) => text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)],
  ["password", () => true],
  ["date", isDate],
  ["duration", isDuration],
  ["datetime", isDateTime],
  ["k8sshortname", (text) => text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)],
  [
    "k8slongname",
    (text) => text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text),
  ],
])

/** Whether a format means something for a type; `type` is empty where there is none, or more than one. */
export function isKnownFormat(format: string, type: string): boolean {
  switch (type) {
    case "":
    case "string":
      return FORMATS.has(formatName(format))
    case "integer":
      return format === "int32" || format === "int64"
    case "number":
      return format === "float" || format === "double"
    default:
      return false
  }
}

export function formatName(format: string): string {
  return format.replaceAll("-", "")
}

function isHostname(text: string): boolean {
  if (!compileRegex(HOSTNAME).test(text) || Buffer.byteLength(text) > 255) return false
  return text.split(".").every((label) => Buffer.byteLength(label) <= 63)
}

/** Leading zeros are passed over, as Kubernetes always did. */
const withoutLeadingZeros = (text: string) => text.replace(/(^|[.:])0+(?=[0-9]+(?:\.|$))/g, "$1")

function isIp(text: string): boolean {
  const plain = withoutLeadingZeros(text)
  return isIPv4(plain) || (isIPv6(plain) && !plain.includes("%"))
}

function isCidr(text: string): boolean {
  const slash = text.indexOf("/")
  const length = text.slice(slash + 1)
  if (slash < 0 || !/^[0-9]{1,5}$/.test(length)) return false
  const plain = withoutLeadingZeros(text.slice(0, slash))
  const bits = isIPv4(plain) ? 32 : isIPv6(plain) && !plain.includes("%") ? 128 : -1
  return Number(length) <= bits
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match === null) return false
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number)
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
  return day >= 1 && day <= days
}

function isDateTime(text: string): boolean {
  const [date = "", time = ""] = text.toLowerCase().split("t")
  if (text.length < 4 || !isDate(date)) return false
  const [, hours = "", minutes = "", seconds = ""] = TIME.exec(time) ?? []
  return hours !== "" && hours <= "23" && minutes <= "59" && seconds <= "59"
}

/** Units as Scala writes them; the last of each also with anything behind it. */
const UNITS: readonly (readonly string[])[] = [
  ["ns", "nano"],
  ["us", "µs", "micro"],
  ["ms", "milli"],
  ["s", "sec"],
  ["m", "min"],
  ["h", "hr", "hour"],
  ["d", "day"],
  ["w", "wk", "week"],
]

function isDuration(text: string): boolean {
  if (parseDuration(text) !== undefined) return true
  return [...text.matchAll(/(?<!\d)\d+\s*([A-Za-zµ]+)/g)].some(([, found = ""]) => {
    const unit = found.toLowerCase()
    return UNITS.some((names) => names.includes(unit) || unit.startsWith(names.at(-1) ?? unit))
  })
}
