import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import type { Converter } from "../resources/versions.ts"

/** Between versions that differ in nothing but their name. */
export const renaming: Converter = {
  convert: (objects: readonly KubeObject[], to: AnyResource) =>
    objects.map((object) => ({ ...object, apiVersion: to.apiVersion })),
}
