import { deepEqual, emptyMap } from "../../../machinery/patch/structure.ts"

/**
 * How often the template of a daemon set has changed. A field of old versions of the API that clients of today find in
 * an annotation; nobody but the server may change it.
 */
const ANNOTATION = "deprecated.daemonset.template.generation"

interface Generated {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  readonly spec: { readonly template: unknown }
}
interface Draft {
  readonly metadata: { annotations?: Record<string, string> }
  readonly spec: { readonly template: unknown }
}

export function templateGeneration({ metadata }: Generated): number {
  const text = metadata.annotations?.[ANNOTATION] ?? ""
  return /^-?\d+$/.test(text) ? Number(text) : 0
}

function set({ metadata }: Draft, generation: number): void {
  const annotations = (metadata.annotations ??= emptyMap<string>())
  annotations[ANNOTATION] = `${generation}`
}

export function defaultTemplateGeneration(object: Draft): void {
  if (object.metadata.annotations?.[ANNOTATION] === undefined) set(object, 0)
}

export function beginTemplateGeneration(object: Draft): void {
  set(object, Math.max(1, templateGeneration(object)))
}

export function nextTemplateGeneration(object: Draft, old: Generated): void {
  const changed = !deepEqual(object.spec.template, old.spec.template)
  set(object, templateGeneration(old) + (changed ? 1 : 0))
}

export function keepTemplateGeneration(object: Draft, old: Generated): void {
  set(object, templateGeneration(old))
}
