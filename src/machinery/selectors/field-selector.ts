import { type Labels, SelectorError } from "./requirement.ts"

/** One condition of a field selector: `metadata.name=x` or `status.phase!=Running`. */
export interface FieldTerm {
  readonly field: string
  readonly value: string
  readonly negated: boolean
}

/** All terms must hold. A field that an object lacks counts as empty text. */
export class FieldSelector {
  readonly terms: readonly FieldTerm[]

  constructor(terms: readonly FieldTerm[]) {
    this.terms = terms
  }

  /** `fields` are the selectable fields of an object by path. */
  matches(fields: Labels): boolean {
    return this.terms.every(({ field, value, negated }) => {
      const actual = Object.hasOwn(fields, field) ? fields[field] : ""
      return (actual === value) !== negated
    })
  }

  get matchesEverything(): boolean {
    return this.terms.length === 0
  }

  /** The only value that the field may have, when the selector says so: then one object can be read instead of all. */
  exactValue(field: string): string | undefined {
    return this.terms.find((term) => term.field === field && !term.negated)?.value
  }

  toString(): string {
    return this.terms
      .map(({ field, value, negated }) => `${field}${negated ? "!=" : "="}${escapeFieldValue(value)}`)
      .join(",")
  }
}

export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, "\\$&")
}

/** Reads `a=b,c!=d`; `\` keeps a comma, equals sign or backslash as text. Throws `SelectorError`. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms: FieldTerm[] = []
  for (const part of splitTerms(text).toSorted()) {
    if (part === "") continue
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(part)
    if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${part}'`)
    const [, field = "", operator, value = ""] = match
    terms.push({ field, value: unescape(value), negated: operator === "!=" })
  }
  return new FieldSelector(terms)
}

function splitTerms(text: string): readonly string[] {
  const terms: string[] = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++
    else if (text[i] === ",") {
      terms.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...terms, text.slice(start)]
}

function unescape(value: string): string {
  return value.replace(/\\([\s\S]?)|[,=]/gu, (whole, escaped: string | undefined) => {
    if (escaped === undefined) {
      throw new SelectorError(`invalid field selector: unescaped character in value: ${whole.codePointAt(0)}`)
    }
    if (escaped !== "\\" && escaped !== "," && escaped !== "=") {
      throw new SelectorError(`invalid field selector: invalid escape sequence: ${whole}`)
    }
    return escaped
  })
}
