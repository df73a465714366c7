import * as field from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { deepEqual, isObject } from "../../machinery/patch/structure.ts"
import type { StoredMeta } from "../../machinery/schema/resource.ts"
import { validateLabels } from "../../machinery/validation/labels.ts"
import { validateAnnotations } from "../../machinery/validation/object-meta.ts"
import { aggregate } from "./names.ts"

/** Metadata of an object with the labels and annotations that a webhook gave it. A text says what is wrong with them. */
export function restoredMeta(original: StoredMeta, converted: unknown): StoredMeta | string {
  if (converted === undefined) return "missing metadata in converted object"
  if (!isObject(converted)) return `invalid metadata of type ${typeof converted} in converted object`
  const { labels: _labels, annotations: _annotations, ...rest } = original
  const labels = textsOf(converted["labels"], "labels")
  const annotations = textsOf(converted["annotations"], "annotations")
  if (typeof labels === "string") return labels
  if (typeof annotations === "string") return annotations
  const errors = [
    ...(deepEqual(labels ?? {}, original.labels ?? {})
      ? []
      : validateLabels(labels, FieldPath.root("metadata", "labels"))),
    ...(deepEqual(annotations ?? {}, original.annotations ?? {})
      ? []
      : validateAnnotations(annotations, FieldPath.root("metadata", "annotation"))),
  ]
  if (errors.length > 0) return aggregate(errors.map((error) => field.formatFieldError(error)))
  return { ...rest, ...(labels && { labels }), ...(annotations && { annotations }) }
}

type Texts = Readonly<Record<string, string>>

function textsOf(value: unknown, name: string): Texts | string | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) return `invalid metadata.${name} of type ${typeof value} in converted object`
  const bad = Object.entries(value).find(([, text]) => typeof text !== "string")
  if (bad === undefined) return value as Texts
  return `metadata.${name}[${bad[0]}] must be a string, but is ${typeof bad[1]} in converted object`
}
