import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import type { ParamSource, ResourceForm, ServedKinds } from "../admission/matching/served-kinds.ts"
import type { ServedResources } from "../served/served-resources.ts"
import type { OtherForm } from "./other-form.ts"
import type { VersionForm } from "./versions.ts"

const NONE: readonly ResourceForm[] = []

/** What admission wants to know of the kinds that are served. */
export function servedKinds(
  served: ServedResources,
  forms: ReadonlyMap<AnyResource, OtherForm>,
  versions: ReadonlyMap<AnyResource, VersionForm>,
): ServedKinds {
  const fixed = new Map<AnyResource, ResourceForm[]>()
  for (const { resource, storage, fromStorage, toStorage } of forms.values()) {
    fixed.getOrInsertComputed(storage, () => []).push({ resource, into: fromStorage, outOf: toStorage })
  }
  const formsOf = (resource: AnyResource): readonly ResourceForm[] => {
    const form = versions.get(resource)
    return form === undefined ? (fixed.get(resource) ?? NONE) : otherVersions(served, resource, form)
  }
  const findParams = (apiVersion: string, kind: string): ParamSource | undefined => {
    const resource = served.get(apiVersion)?.resources.find((each) => each.kind === kind)
    if (resource === undefined) return undefined
    const form = forms.get(resource)
    if (form !== undefined) return { resource: form.storage, read: form.fromStorage }
    const version = versions.get(resource)
    if (version === undefined) return { resource, read: (object) => object }
    const read = async (object: KubeObject) =>
      object.apiVersion === resource.apiVersion ? object : one(await version.converter.convert([object], resource))
    return { resource, read }
  }
  return { formsOf, findParams }
}

function otherVersions(
  served: ServedResources,
  resource: AnyResource,
  { converter }: VersionForm,
): readonly ResourceForm[] {
  const all = served.all.filter(({ group }) => group === resource.group).flatMap(({ resources }) => resources)
  return all
    .filter((each) => each.plural === resource.plural && each.version !== resource.version)
    .map((other) => ({
      resource: other,
      into: async (object) => one(await converter.convert([object], other)),
      outOf: async (object) => one(await converter.convert([object], resource)),
    }))
}

function one(objects: readonly KubeObject[]): KubeObject {
  const [object] = objects
  if (object === undefined) throw new TypeError("a converter returns as many objects as it was given")
  return object
}
