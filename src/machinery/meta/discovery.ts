import { bool, list, message, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const GroupVersionForDiscovery = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery",
  {
    groupVersion: string(1, { doc: "Group and version, as in apps/v1.", required: true }),
    version: string(2, { doc: "The version alone.", required: true }),
  },
  { doc: "A version of a group." },
)
export type GroupVersionForDiscovery = TypeOf<typeof GroupVersionForDiscovery>

export const ServerAddressByClientCIDR = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR",
  {
    clientCIDR: string(1, { doc: "The clients that the address is for.", required: true }),
    serverAddress: string(2, { doc: "The server's host and port.", required: true }),
  },
  { doc: "Which address of the server is for which clients." },
)
export type ServerAddressByClientCIDR = TypeOf<typeof ServerAddressByClientCIDR>

export const APIGroup = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup",
  {
    name: string(1, { doc: "The group's name.", required: true }),
    versions: list(2, GroupVersionForDiscovery, {
      doc: "The versions that are served.",
      required: true,
      listType: "atomic",
    }),
    preferredVersion: message(3, GroupVersionForDiscovery, {
      doc: "The version to use when there is no reason for another.",
      always: true,
    }),
    serverAddressByClientCIDRs: list(4, ServerAddressByClientCIDR, {
      doc: "Which address serves which clients.",
      listType: "atomic",
    }),
  },
  { doc: "An API group and its versions." },
)
export type APIGroup = TypeOf<typeof APIGroup>

export const APIGroupList = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList",
  {
    groups: list(1, APIGroup, { doc: "The groups that are served.", required: true, listType: "atomic" }),
  },
  { doc: "All API groups." },
)
export type APIGroupList = TypeOf<typeof APIGroupList>

export const APIResource = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.APIResource",
  {
    name: string(1, { doc: "The name in paths, such as pods.", required: true }),
    singularName: string(6, { doc: "The name of one, such as pod.", required: true }),
    namespaced: bool(2, { doc: "Whether objects are in namespaces.", required: true }),
    group: string(8, { doc: "The group of the kind, when it is another than the list's." }),
    version: string(9, { doc: "The version of the kind, when it is another than the list's." }),
    kind: string(3, { doc: "The kind, such as Pod.", required: true }),
    verbs: list(4, "string", { doc: "What can be done with it.", required: true, wrapped: true }),
    shortNames: list(5, "string", { doc: "Short names for the command line.", listType: "atomic" }),
    categories: list(7, "string", {
      doc: "Groups of resources for the command line, such as all.",
      listType: "atomic",
    }),
    storageVersionHash: string(10, { doc: "Changes when the stored form does." }),
  },
  { doc: "A resource that the API serves." },
)
export type APIResource = TypeOf<typeof APIResource>

export const APIResourceList = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList",
  {
    groupVersion: string(1, { doc: "Group and version of the resources.", required: true }),
    resources: list(2, APIResource, { doc: "The resources.", required: true, listType: "atomic" }),
  },
  { doc: "The resources of a group and version." },
)
export type APIResourceList = TypeOf<typeof APIResourceList>

export const APIVersions = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions",
  {
    versions: list(1, "string", { doc: "The versions of the core group.", required: true, listType: "atomic" }),
    serverAddressByClientCIDRs: list(2, ServerAddressByClientCIDR, {
      doc: "Which address serves which clients.",
      required: true,
      listType: "atomic",
    }),
  },
  { doc: "The versions of the core group." },
)
export type APIVersions = TypeOf<typeof APIVersions>
