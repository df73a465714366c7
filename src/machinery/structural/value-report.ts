import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import { quote } from "../field/quote.ts"

/** Where a value stands below the one that is validated: a chain, so that descending costs little. */
export interface Place {
  readonly parent: Place | undefined
  /** `.name`, or `[0]`; a member of the root has no dot. */
  readonly step: string
}

export function memberOf(parent: Place | undefined, name: string): Place {
  return { parent, step: parent === undefined ? name : `.${name}` }
}

export function itemOf(parent: Place | undefined, index: number): Place {
  return { parent, step: `[${index}]` }
}

export function placeText(place: Place | undefined): string {
  let text = ""
  for (let at = place; at !== undefined; at = at.parent) text = at.step + text
  return text
}

/**
 * What is wrong with a value, in the words of Kubernetes' OpenAPI validation. `below` is the field that the value is of;
 * empty for a whole object. https://pkg.go.dev/k8s.io/kube-openapi/pkg/validation/errors
 */
export class ValueReport {
  readonly #below: string
  readonly #errors: FieldError[] = []
  readonly #texts: string[] = []

  constructor(below = "") {
    this.#below = below
  }

  get size(): number {
    return this.#errors.length
  }

  /** Forgets what was reported after there were `size` errors. */
  shrink(size: number): void {
    this.#errors.length = size
    this.#texts.length = size
  }

  empty(): ValueReport {
    return new ValueReport(this.#below)
  }

  addAll(other: ValueReport): void {
    this.#errors.push(...other.#errors)
    this.#texts.push(...other.#texts)
  }

  /** Each problem once. */
  errors(): readonly FieldError[] {
    return this.#errors.filter((_, index) => this.#texts.indexOf(this.#texts[index] ?? "") === index)
  }

  wrongType(place: Place | undefined, wanted: string, found: string): void {
    const detail = `${placeText(place)} in body must be of type ${wanted}: ${quote(found)}`
    this.#add(detail, field.typeInvalid(this.#at(place), found, detail))
  }

  required(place: Place | undefined, name: string): void {
    const at = memberOf(place, name)
    this.#add(`${placeText(at)} in body is required`, field.required(this.#at(at)))
  }

  notInEnum(place: Place | undefined, value: unknown, allowed: readonly unknown[]): void {
    const texts = allowed.map((one) => (typeof one === "string" ? one : field.formatValue(one)))
    const detail = `${placeText(place)} in body should be one of [${texts.join(" ")}]`
    this.#add(detail, field.notSupported(this.#at(place), value, texts))
  }

  tooLong(place: Place | undefined, max: number): void {
    const detail = `${placeText(place)} in body should be at most ${max} chars long`
    this.#add(detail, field.tooLong(this.#at(place), max))
  }

  tooMany(place: Place | undefined, what: "items" | "properties", count: number, max: number): void {
    const detail = `${placeText(place)} in body should have at most ${max} ${what}`
    this.#add(detail, field.tooMany(this.#at(place), count, max))
  }

  /** `problem` goes on after the field's name. */
  invalid(place: Place | undefined, value: unknown, problem: string): void {
    const detail = `${placeText(place)} ${problem}`
    this.#add(detail, field.invalid(this.#at(place), value, detail))
  }

  /** `printed` is the number as Go prints its type; `detail` is the whole message. */
  invalidNumber(place: Place | undefined, printed: string, detail: string): void {
    this.#add(detail, field.invalidPrinted(this.#at(place), printed, detail))
  }

  forbiddenMember(place: Place | undefined, name: string): void {
    const detail = `${placeText(place)}.${name} in body is a forbidden property`
    this.#add(detail, field.invalid(this.#at(place), name, detail))
  }

  /** Kubernetes does not say of which field it is. */
  composite(detail: string): void {
    this.#add(detail, field.invalid(this.#below, "", detail))
  }

  #add(text: string, error: FieldError): void {
    this.#errors.push(error)
    this.#texts.push(text)
  }

  #at(place: Place | undefined): string {
    const text = placeText(place)
    if (this.#below === "" || text === "") return this.#below + text
    return text.startsWith(".") ? this.#below + text : `${this.#below}.${text}`
  }
}
