import { defineResource, type KubeObject, type Resource, type Verb } from "../src/machinery/schema/resource.ts"

/** An object of a kind that the test defines. */
export interface CustomObject<Spec, Status> extends KubeObject {
  readonly spec: Spec
  readonly status?: Status
}
/** The same, as a client sends it. */
export interface CustomManifest<Spec, Status> {
  readonly metadata: Partial<KubeObject["metadata"]>
  readonly spec: Spec
  readonly status?: Status
}

const VERBS: readonly Verb[] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]

/**
 * Describes a kind that a CustomResourceDefinition adds, so that clients and controllers can name it:
 * `client.of(Site).get(…)`. The server decides by the definition, not by this.
 */
export function customResource<Spec = unknown, Status = unknown>(names: {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  /** Default: true. */
  readonly namespaced?: boolean
}): Resource<CustomObject<Spec, Status>, CustomManifest<Spec, Status>> {
  const { group, kind, namespaced = true, plural, version } = names
  const definition = `${group}/${version}/${kind}`
  const resource = defineResource({
    group,
    version,
    kind,
    plural,
    namespaced,
    doc: "",
    definition,
    fields: {},
    verbs: VERBS,
  })
  // What its objects hold is known to the caller and to the server only.
  return resource as Resource as Resource<CustomObject<Spec, Status>, CustomManifest<Spec, Status>>
}
