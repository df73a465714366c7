import type { KubeObject } from "../../../machinery/schema/resource.ts"

/** The name of the class that one of the annotations marks as default: of several the newest, then the first by name. */
export function newestDefault(classes: readonly KubeObject[], annotations: readonly string[]): string | undefined {
  const marked = classes.filter(({ metadata }) =>
    annotations.some((annotation) => metadata.annotations?.[annotation] === "true"),
  )
  const order = ({ metadata: a }: KubeObject, { metadata: b }: KubeObject) =>
    b.creationTimestamp.localeCompare(a.creationTimestamp) || (a.name < b.name ? -1 : 1)
  return marked.toSorted(order)[0]?.metadata.name
}
