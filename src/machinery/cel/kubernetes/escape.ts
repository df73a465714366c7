/** Words of CEL that cannot be names of fields as they are. */
const RESERVED = new Set(
  (
    "true false null in as break const continue else for function if import let loop package namespace return var void" +
    " while"
  ).split(" "),
)

const ESCAPES = new Map([
  ["__", "__underscores__"],
  [".", "__dot__"],
  ["-", "__dash__"],
  ["/", "__slash__"],
])

const ESCAPABLE = /^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/

/**
 * How an expression writes the name of a property; undefined when it cannot.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#supported-expression-fields
 */
export function escapeName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`
  if (!ESCAPABLE.test(name)) return undefined
  return name.replace(/__|[-./]/g, (found) => ESCAPES.get(found) ?? found)
}
