/**
 * Amounts of resources, exact: `100m`, `1.5`, `512Mi`, `2e3`. In objects a quantity is its text; this is its number.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export interface Quantity {
  /** The amount is `unscaled × 10^exponent`. */
  readonly unscaled: bigint
  readonly exponent: number
  readonly format: QuantityFormat
}

/** How the amount was written, and so how results are written. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent"

export const ZERO: Quantity = { unscaled: 0n, exponent: 0, format: "DecimalSI" }

export class QuantityError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "QuantityError"
  }
}

const SHAPE = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*)([-+]?[0-9]*)$/
const WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const WRONG_SUFFIX = "unable to parse quantity's suffix"

const DECIMAL = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
])
const DECIMAL_SUFFIX = new Map([...DECIMAL].map(([suffix, exponent]) => [exponent, suffix]))
const BINARY = new Map([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
])
const BINARY_SUFFIX = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

/** Finer amounts are rounded up: whoever asks for something gets something. */
const EXPONENT_MIN = -9
const INT64_MAX = 9223372036854775807n
/** Beyond this an exponent only serves to exhaust memory. */
const EXPONENT_MAX = 1000
const DIGITS_MAX = 1000

interface Parsed extends Quantity {
  /** Kubernetes keeps the spelling of amounts like this. */
  readonly keepsText: boolean
}

/** Reads a quantity. Throws `QuantityError` with Kubernetes' message. */
export function parseQuantity(text: string): Quantity {
  const { unscaled, exponent, format } = parse(text)
  return { unscaled, exponent, format }
}

/** A cluster has few different amounts, and each is read many times: by defaults, validation and the scheduler. */
const KNOWN_MAX = 2048
const KNOWN_LENGTH_MAX = 32
const known = new Map<string, Parsed>()

function parse(text: string): Parsed {
  const found = known.get(text)
  if (found !== undefined) return found
  const parsed = parseAnew(text)
  if (text.length <= KNOWN_LENGTH_MAX) {
    if (known.size >= KNOWN_MAX) known.clear()
    known.set(text, parsed)
  }
  return parsed
}

function parseAnew(text: string): Parsed {
  const match = text === "" || text.length > DIGITS_MAX ? null : SHAPE.exec(text)
  if (match === null) throw new QuantityError(WRONG_FORMAT)
  const [, sign = "", whole = "", fraction = "", letters = "", power = ""] = match
  const suffix = interpretSuffix(letters, power)
  if (suffix === undefined) throw new QuantityError(WRONG_SUFFIX)
  // Without digits it is zero, as in Kubernetes: `k`, `-`, `.`.
  const digits = `${whole.replace(/^0+/, "") || "0"}${fraction}`
  const magnitude = BigInt(digits) * (suffix.base === 2 ? 1n << BigInt(suffix.exponent) : 1n)
  const exponent = (suffix.base === 2 ? 0 : suffix.exponent) - fraction.length
  const limited = limit({ unscaled: magnitude, exponent, format: suffix.format })
  const unscaled = sign === "-" ? -limited.unscaled : limited.unscaled
  return { ...limited, unscaled, keepsText: keepsText(digits, fraction, suffix, exponent) }
}

interface Suffix {
  readonly base: 2 | 10
  readonly exponent: number
  readonly format: QuantityFormat
}

function interpretSuffix(letters: string, power: string): Suffix | undefined {
  if (power === "") {
    const decimal = DECIMAL.get(letters)
    if (decimal !== undefined) return { base: 10, exponent: decimal, format: "DecimalSI" }
    const binary = BINARY.get(letters)
    return binary === undefined ? undefined : { base: 2, exponent: binary, format: "BinarySI" }
  }
  if ((letters !== "e" && letters !== "E") || !/^[-+]?[0-9]+$/.test(power)) return undefined
  const exponent = Number(power)
  return Math.abs(exponent) > EXPONENT_MAX ? undefined : { base: 10, exponent, format: "DecimalExponent" }
}

function limit(quantity: Quantity): Quantity {
  let { unscaled, exponent, format } = quantity
  if (exponent < EXPONENT_MIN) {
    unscaled = divideUp(unscaled, pow10(EXPONENT_MIN - exponent))
    exponent = EXPONENT_MIN
  }
  if (format === "BinarySI") {
    if (unscaled > INT64_MAX * scaleOf(exponent)) return { unscaled: INT64_MAX, exponent: 0, format }
    if (unscaled > 0n && unscaled < scaleOf(exponent)) format = "DecimalSI"
  }
  return { unscaled, exponent, format }
}

/** What 1 is in units of 10^exponent, for exponents that are not positive. */
function scaleOf(exponent: number): bigint {
  return exponent < 0 ? pow10(-exponent) : 1n
}

/** Digits that an int64 holds whatever they are. */
const INT64_DIGITS = 18

function keepsText(digits: string, fraction: string, suffix: Suffix, exponent: number): boolean {
  if (suffix.base === 2) {
    const precision = 15 - digits.length - Math.trunc((suffix.exponent * 3) / 10) - 1
    return fraction === "" && precision >= 0 && (Number(digits) & 7) !== 0
  }
  const short = digits.length <= INT64_DIGITS && exponent >= EXPONENT_MIN
  return short && exponent % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0")
}

/** The text as the API stores it: `1000m` is `1`, `1024Mi` is `1Gi`, `1.5Gi` is `1536Mi`. */
export function canonicalQuantity(text: string): string {
  if (text === "0") return text
  const parsed = parse(text)
  return parsed.keepsText ? text : formatQuantity(parsed)
}

/** Writes an amount in its own format, without loss. */
export function formatQuantity(quantity: Quantity): string {
  const { unscaled, exponent, format } = quantity
  if (unscaled === 0n) return "0"
  if (format === "BinarySI") {
    const whole =
      exponent >= 0
        ? unscaled * pow10(exponent)
        : unscaled % pow10(-exponent) === 0n
          ? unscaled / pow10(-exponent)
          : undefined
    if (whole !== undefined && (whole >= 1024n || whole <= -1024n)) return formatBinary(whole)
  }
  return formatDecimal(unscaled, exponent, format === "BinarySI" ? "DecimalSI" : format)
}

function formatBinary(whole: bigint): string {
  let amount = whole
  let step = 0
  while (step < BINARY_SUFFIX.length - 1 && amount % 1024n === 0n) {
    amount /= 1024n
    step++
  }
  return `${amount}${BINARY_SUFFIX[step] ?? ""}`
}

function formatDecimal(unscaled: bigint, exponent: number, format: QuantityFormat): string {
  let amount = unscaled
  let power = exponent
  while (amount % 10n === 0n) {
    amount /= 10n
    power++
  }
  while (power % 3 !== 0) {
    amount *= 10n
    power--
  }
  if (power === 0) return `${amount}`
  const suffix = format === "DecimalSI" ? DECIMAL_SUFFIX.get(power) : undefined
  return `${amount}${suffix ?? `e${power}`}`
}

/** Negative, zero or positive, as `left` is less than, equal to or greater than `right`. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  const [a, b] = align(left, right)
  return a < b ? -1 : a > b ? 1 : 0
}

/** The sum in the format of `left`, or of `right` where `left` is zero. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  const [a, b, exponent] = align(left, right)
  return { unscaled: a + b, exponent, format: left.unscaled === 0n ? right.format : left.format }
}

export function subtractQuantities(left: Quantity, right: Quantity): Quantity {
  return addQuantities(left, { ...right, unscaled: -right.unscaled })
}

/** The amount as a whole number, rounded away from zero. Beyond 2^53 the nearest double. */
export function quantityValue(quantity: Quantity): number {
  return scaledValue(quantity, 0)
}

/** The amount in thousandths, rounded away from zero. */
export function quantityMilliValue(quantity: Quantity): number {
  return scaledValue(quantity, -3)
}

function scaledValue({ unscaled, exponent }: Quantity, unit: number): number {
  if (exponent >= unit) return Number(unscaled * pow10(exponent - unit))
  const divisor = pow10(unit - exponent)
  return Number(unscaled < 0n ? -divideUp(-unscaled, divisor) : divideUp(unscaled, divisor))
}

/** A whole number as a quantity. */
export function quantityOf(value: number | bigint, format: QuantityFormat): Quantity {
  return { unscaled: BigInt(value), exponent: 0, format }
}

/** Thousandths as a quantity. */
export function milliQuantityOf(value: number | bigint, format: QuantityFormat): Quantity {
  return { unscaled: BigInt(value), exponent: -3, format }
}

function align(left: Quantity, right: Quantity): readonly [bigint, bigint, number] {
  if (left.exponent === right.exponent) return [left.unscaled, right.unscaled, left.exponent]
  const exponent = Math.min(left.exponent, right.exponent)
  return [left.unscaled * pow10(left.exponent - exponent), right.unscaled * pow10(right.exponent - exponent), exponent]
}

const divideUp = (amount: bigint, divisor: bigint) => (amount + divisor - 1n) / divisor

/** Those that amounts usually need: making one takes longer than all else about adding two amounts. */
const POWERS = Array.from({ length: 19 }, (_, exponent) => 10n ** BigInt(exponent))
const pow10 = (exponent: number) => POWERS[exponent] ?? 10n ** BigInt(exponent)
