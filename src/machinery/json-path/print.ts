/** A value that a path found, as text: objects and lists as JSON, everything else as Go prints it. */
export function printFound(value: unknown): string {
  if (value === null || value === undefined) return "null"
  if (typeof value === "number") return numberText(value)
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

/** Go changes to exponents at other sizes than JavaScript, and writes them with two digits. */
function numberText(value: number): string {
  const isSmall = value !== 0 && Math.abs(value) < 1e-4
  const text = isSmall ? value.toExponential() : String(value)
  return text.replace(/e([+-])(\d)$/, "e$10$2")
}
