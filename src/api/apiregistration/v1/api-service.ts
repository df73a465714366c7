import { bool, bytes, int32, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ServiceReference = struct("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference", {
  namespace: string(1, { doc: "" }),
  name: string(2, { doc: "" }),
  port: int32(3, { doc: "", pointer: true }),
})
export type ServiceReference = TypeOf<typeof ServiceReference>

export const APIServiceSpec = struct("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec", {
  service: message(1, ServiceReference, { doc: "" }),
  group: string(2, { doc: "" }),
  version: string(3, { doc: "" }),
  insecureSkipTLSVerify: bool(4, { doc: "" }),
  caBundle: bytes(5, { doc: "", listType: "atomic" }),
  groupPriorityMinimum: int32(7, { doc: "", required: true }),
  versionPriority: int32(8, { doc: "", required: true }),
})
export type APIServiceSpec = TypeOf<typeof APIServiceSpec>

export const APIServiceCondition = struct("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  lastTransitionTime: time(3, { doc: "" }),
  reason: string(4, { doc: "" }),
  message: string(5, { doc: "" }),
})
export type APIServiceCondition = TypeOf<typeof APIServiceCondition>

export const APIServiceStatus = struct("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus", {
  conditions: list(1, APIServiceCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
})
export type APIServiceStatus = TypeOf<typeof APIServiceStatus>

/** TODO(doc) */
export const APIService = defineResource({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  plural: "apiservices",
  categories: ["api-extensions"],
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
  fields: {
    spec: message(2, APIServiceSpec, { doc: "", always: true }),
    status: message(3, APIServiceStatus, { doc: "", always: true }),
  },
})
export type APIService = ObjectOf<typeof APIService>
