import { compareKeys } from "../machinery/json/key-order.ts"
import type { LabelSelector } from "../machinery/meta/label-selector.ts"
import type { Column, StoredMeta } from "../machinery/schema/resource.ts"
import { compileLabelSelector, formatLabelSelector } from "../machinery/selectors/label-selector.ts"
import { humanDuration } from "../machinery/time/human.ts"
import { timeToMs } from "../machinery/time/timestamp.ts"

/** Columns that several kinds show, and how their cells are written. */

interface Created {
  readonly metadata: Pick<StoredMeta, "creationTimestamp">
}

export const age: Column<Created> = {
  name: "Age",
  type: "string",
  doc: "How long ago the object was created.",
  value: ({ metadata }, nowMs) => since(metadata.creationTimestamp, nowMs),
}

/** How long ago something was, as people say it. */
export function since(time: string | null | undefined, nowMs: number): string {
  if (time === undefined || time === null || time === "") return "<unknown>"
  return humanDuration(nowMs - timeToMs(time))
}

interface Templated {
  readonly spec: {
    readonly template?: {
      readonly spec: { readonly containers: readonly { readonly name: string; readonly image?: string }[] }
    }
  }
}

export const containerNames: Column<Templated> = {
  name: "Containers",
  type: "string",
  priority: 1,
  doc: "The names of the template's containers.",
  value: ({ spec }) => (spec.template?.spec.containers ?? []).map(({ name }) => name).join(","),
}

export const containerImages: Column<Templated> = {
  name: "Images",
  type: "string",
  priority: 1,
  doc: "The images of the template's containers.",
  value: ({ spec }) => (spec.template?.spec.containers ?? []).map(({ image = "" }) => image).join(","),
}

/** The selector of an object that selects by expressions. `everything` is shown for one without requirements. */
export function selectorCell(selector: LabelSelector | undefined, everything: string): string {
  return everything === "" ? compileLabelSelector(selector).toString() : formatLabelSelector(selector)
}

/** Exact labels, as `kubectl get -o wide` shows a service's selector. */
export function labelsCell(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).toSorted(([a], [b]) => compareKeys(a, b))
  return pairs.map(([key, value]) => `${key}=${value}`).join(",") || "<none>"
}

/** The first `countMax` of a list, and how many more there are. */
export function someOf(items: readonly string[], countMax: number, none: string): string {
  const shown = items.slice(0, countMax).join(",")
  return items.length > countMax ? `${shown} + ${items.length - countMax} more...` : shown || none
}

interface Annotated {
  readonly metadata: Pick<StoredMeta, "name" | "annotations">
}

/** The name column of kinds that have another column of names. */
export const ordinaryName = nameOrDefault([])

/** The name column of classes, one of which can be the default: an annotation says so. */
export function nameOrDefault(annotations: readonly string[]): Column<Annotated> {
  return {
    name: "Name",
    type: "string",
    format: "name",
    doc: "The object's name, and whether it is the default one.",
    value: ({ metadata }) => {
      const isDefault = annotations.some((annotation) => metadata.annotations?.[annotation] === "true")
      return isDefault ? `${metadata.name} (default)` : metadata.name
    },
  }
}
