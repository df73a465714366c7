import { bool, list, message, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const GroupVersionForDiscovery = struct("io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery", {
  groupVersion: string(1, { doc: "", required: true }),
  version: string(2, { doc: "", required: true }),
})
export type GroupVersionForDiscovery = TypeOf<typeof GroupVersionForDiscovery>

export const ServerAddressByClientCIDR = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR", {
  clientCIDR: string(1, { doc: "", required: true }),
  serverAddress: string(2, { doc: "", required: true }),
})
export type ServerAddressByClientCIDR = TypeOf<typeof ServerAddressByClientCIDR>

export const APIGroup = struct("io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup", {
  name: string(1, { doc: "", required: true }),
  versions: list(2, GroupVersionForDiscovery, { doc: "", required: true, listType: "atomic" }),
  preferredVersion: message(3, GroupVersionForDiscovery, { doc: "", always: true }),
  serverAddressByClientCIDRs: list(4, ServerAddressByClientCIDR, { doc: "", listType: "atomic" }),
})
export type APIGroup = TypeOf<typeof APIGroup>

export const APIGroupList = struct("io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList", {
  groups: list(1, APIGroup, { doc: "", required: true, listType: "atomic" }),
})
export type APIGroupList = TypeOf<typeof APIGroupList>

export const APIResource = struct("io.k8s.apimachinery.pkg.apis.meta.v1.APIResource", {
  name: string(1, { doc: "", required: true }),
  singularName: string(6, { doc: "", required: true }),
  namespaced: bool(2, { doc: "", required: true }),
  group: string(8, { doc: "" }),
  version: string(9, { doc: "" }),
  kind: string(3, { doc: "", required: true }),
  verbs: list(4, "string", { doc: "", required: true }),
  shortNames: list(5, "string", { doc: "", listType: "atomic" }),
  categories: list(7, "string", { doc: "", listType: "atomic" }),
  storageVersionHash: string(10, { doc: "" }),
})
export type APIResource = TypeOf<typeof APIResource>

export const APIResourceList = struct("io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList", {
  groupVersion: string(1, { doc: "", required: true }),
  resources: list(2, APIResource, { doc: "", required: true, listType: "atomic" }),
})
export type APIResourceList = TypeOf<typeof APIResourceList>

export const APIVersions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions", {
  versions: list(1, "string", { doc: "", required: true, listType: "atomic" }),
  serverAddressByClientCIDRs: list(2, ServerAddressByClientCIDR, { doc: "", required: true, listType: "atomic" }),
})
export type APIVersions = TypeOf<typeof APIVersions>
