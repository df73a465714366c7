import { dns1035Label, dns1123Label, dns1123Subdomain } from "../../names/dns.ts"
import { labelValue, qualifiedName } from "../../names/labels.ts"
import { checkRequestUri, UrlError } from "../../net/url.ts"
import { maskTrailingDash } from "../../validation/object-meta.ts"
import { multiplyByFactor } from "../cost/estimate.ts"
import type { CelLibrary, FunctionDeclaration } from "../declarations.ts"
import { actualSize, constantCost, REGEX, sizeOf, TRAVERSAL } from "../ext/cost.ts"
import { ValueList } from "../list.ts"
import { type Costs, method, overload } from "../stdlib/overloads.ts"
import { listOf, objectType, optionalOf, stringType } from "../types.ts"
import { CelObject, CelOptional, type CelValue } from "../value.ts"

export const formatType = objectType("kubernetes.NamedFormat")

/** A kind of text that Kubernetes has rules for. */
interface Format {
  readonly name: string
  /** What is wrong with the text; nothing when it is fine. */
  readonly check: (text: string) => readonly string[]
  /** How long the rule would be as a regular expression, which is what checking costs. */
  readonly regexSize: number
}

export class CelFormat extends CelObject {
  readonly type = formatType
  readonly format: Format

  constructor(format: Format) {
    super()
    this.format = format
  }

  equals(other: CelValue): boolean {
    return other instanceof CelFormat && other.format.name === this.format.name
  }
}

const UUID = "^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"
const TIME = "^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$"
const uuidPattern = new RegExp(UUID, "i")
const timePattern = new RegExp(TIME)
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/

/** Kubernetes ignores case by a prefix of its pattern. */
const UUID_SIZE = "(?i)".length + UUID.length
const BASE64_SIZE = 84
const URI_SIZE = 1103

function isDate(text: string): boolean {
  const [, year = "", month = "", day = ""] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  if (year === "" || m < 1 || m > 12 || d < 1) return false
  const isLeap = y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0)
  const days = m === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(m) ? 30 : 31
  return d <= days
}

function isDateTime(text: string): boolean {
  // What follows a second T is not looked at.
  const [date = "", time] = text.toLowerCase().split("t")
  if (time === undefined || !isDate(date)) return false
  const [, hours = "", minutes = "", seconds = ""] = timePattern.exec(time) ?? []
  return hours !== "" && hours <= "23" && minutes <= "59" && seconds <= "59"
}

function uriProblems(text: string): readonly string[] {
  try {
    checkRequestUri(text)
    return []
  } catch (error) {
    if (!(error instanceof UrlError)) throw error
    return [error.message]
  }
}

const unless = (holds: (text: string) => boolean, problem: string) => (text: string) => (holds(text) ? [] : [problem])
const asPrefix = (check: Format["check"]) => (text: string) => check(maskTrailingDash(text))

const formats: ReadonlyMap<string, CelFormat> = new Map(
  (
    [
      ["dns1123Label", { name: "DNS1123Label", check: dns1123Label, regexSize: 30 }],
      ["dns1123Subdomain", { name: "DNS1123Subdomain", check: dns1123Subdomain, regexSize: 60 }],
      ["dns1035Label", { name: "DNS1035Label", check: dns1035Label, regexSize: 30 }],
      ["qualifiedName", { name: "QualifiedName", check: qualifiedName, regexSize: 60 }],
      ["dns1123LabelPrefix", { name: "DNS1123LabelPrefix", check: asPrefix(dns1123Label), regexSize: 30 }],
      ["dns1123SubdomainPrefix", { name: "DNS1123SubdomainPrefix", check: asPrefix(dns1123Subdomain), regexSize: 60 }],
      ["dns1035LabelPrefix", { name: "DNS1035LabelPrefix", check: asPrefix(dns1035Label), regexSize: 30 }],
      ["labelValue", { name: "LabelValue", check: labelValue, regexSize: 40 }],
      ["uri", { name: "URI", check: uriProblems, regexSize: URI_SIZE }],
      [
        "uuid",
        {
          name: "uuid",
          check: unless((text) => uuidPattern.test(text), "does not match the UUID format"),
          regexSize: UUID_SIZE,
        },
      ],
      [
        "byte",
        {
          name: "byte",
          check: unless((text) => base64Pattern.test(text), "invalid base64"),
          regexSize: BASE64_SIZE,
        },
      ],
      ["date", { name: "date", check: unless(isDate, "invalid date"), regexSize: TIME.length }],
      ["datetime", { name: "datetime", check: unless(isDateTime, "invalid datetime"), regexSize: TIME.length }],
    ] satisfies readonly (readonly [string, Format])[]
  ).map(([name, format]) => [name, new CelFormat(format)]),
)

function validate({ format }: CelFormat, text: string): CelOptional {
  const problems = format.check(text)
  return problems.length === 0 ? CelOptional.none : new CelOptional(new ValueList(problems))
}

/** Of the longest of the rules for names. */
const REGEX_SIZE_MAX = 128

const validating: Costs = {
  cost: ([format, text]) => {
    if (!(format instanceof CelFormat)) return undefined
    const reading = Math.ceil((1 + actualSize(text)) * TRAVERSAL)
    return reading * Math.ceil(format.format.regexSize * REGEX)
  },
  estimateCost: (estimateSize, _, [text]) => {
    const reading = multiplyByFactor(sizeOf(estimateSize, text), TRAVERSAL)
    return { cost: multiplyByFactor(reading, REGEX_SIZE_MAX * REGEX) }
  },
}

const constants: readonly FunctionDeclaration[] = [...formats].map(([name, format]) => ({
  name: `format.${name}`,
  overloads: [overload(`format.${name}`, [], formatType, () => format)],
}))

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library */
export const kubernetesFormatLibrary: CelLibrary = {
  name: "kubernetes.format",
  functions: [
    ...constants,
    {
      name: "format.named",
      overloads: [
        overload(
          "format-named",
          [stringType],
          optionalOf(formatType),
          (name: string) => new CelOptional(formats.get(name)),
          constantCost(1),
        ),
      ],
    },
    {
      name: "validate",
      overloads: [
        method("format-validate", [formatType, stringType], optionalOf(listOf(stringType)), validate, validating),
      ],
    },
  ],
}
