import type { AnyResource, KubeObject } from "../../../machinery/schema/resource.ts"

/** What dynamic admission asks about the kinds that are served, which change while the server runs. */
export interface ServedKinds {
  readonly formsOf: FormsOf
  readonly findParams: FindParams
}

/** Another version, or group and version, in which the objects of a resource are served. */
export interface ResourceForm {
  readonly resource: AnyResource
  readonly into: (object: KubeObject) => KubeObject | Promise<KubeObject>
  readonly outOf: (object: KubeObject) => KubeObject | Promise<KubeObject>
}

/** All forms of a resource besides its own. */
export type FormsOf = (resource: AnyResource) => readonly ResourceForm[]

/** Where objects of a kind are found, and how they become that kind. */
export interface ParamSource {
  readonly resource: AnyResource
  readonly read: (object: KubeObject) => KubeObject | Promise<KubeObject>
}

/** Undefined when nothing of that kind is served. */
export type FindParams = (apiVersion: string, kind: string) => ParamSource | undefined
