/** The Accept header of HTTP. https://www.rfc-editor.org/rfc/rfc9110#name-accept */
export interface AcceptClause {
  /** `type/subtype` in lower case; `*` is a wildcard. */
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
  readonly quality: number
}

/** The clauses of an Accept header, best first: by quality, then the more specific, then as written. */
export function parseAccept(header: string): AcceptClause[] {
  const clauses: AcceptClause[] = []
  for (const text of header.split(",")) {
    const [type = "", ...rest] = text.split(";").map((part) => part.trim())
    if (type === "") continue
    const parameters = new Map<string, string>()
    let quality = 1
    for (const part of rest) {
      const at = part.indexOf("=")
      const name = (at < 0 ? part : part.slice(0, at)).trim().toLowerCase()
      const value = at < 0 ? "" : part.slice(at + 1).trim()
      if (name === "q") quality = Number.parseFloat(value) || 0
      else if (name !== "") parameters.set(name, value.replace(/^"(.*)"$/, "$1"))
    }
    clauses.push({ type: type.toLowerCase(), parameters, quality })
  }
  return clauses.toSorted((a, b) => b.quality - a.quality || wildcards(a) - wildcards(b))
}

const wildcards = (clause: AcceptClause): number => clause.type.split("/").filter((part) => part === "*").length
