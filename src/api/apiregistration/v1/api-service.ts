import { pathSegmentName } from "../../../machinery/names/identifiers.ts"
import { bool, bytes, int32, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { keepMetadata } from "../../keep-metadata.ts"
import { validateApiService, validateApiServiceStatus } from "./validation/api-service.ts"

export const ServiceReference = struct(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference",
  {
    namespace: string(1, { doc: "The namespace of the service." }),
    name: string(2, { doc: "The name of the service." }),
    port: int32(3, { doc: "The port of the service. Default 443.", pointer: true, default: 443 }),
  },
  { doc: "A service that serves an API." },
)
export type ServiceReference = TypeOf<typeof ServiceReference>

export const APIServiceSpec = struct(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec",
  {
    service: message(1, ServiceReference, {
      doc: "The service that requests are passed on to. Absent: this server answers itself.",
    }),
    group: string(2, { doc: "The API group." }),
    version: string(3, { doc: "The version of the group." }),
    insecureSkipTLSVerify: bool(4, {
      doc: "Whether the certificate of the service goes unchecked. Not for real use. Default false.",
    }),
    caBundle: bytes(5, {
      doc: "The certificates, in PEM, that the service's own must be signed by. Default: those that the server's machine trusts.",
      listType: "atomic",
    }),
    groupPriorityMinimum: int32(7, {
      doc: "The least priority of the group in discovery, 1 to 20000; higher comes first.",
      required: true,
    }),
    versionPriority: int32(8, {
      doc: "The priority of the version in its group, 1 to 1000; higher comes first.",
      required: true,
    }),
  },
  { doc: "Which API is served by whom." },
)
export type APIServiceSpec = TypeOf<typeof APIServiceSpec>

export const APIServiceCondition = struct(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition",
  {
    type: string(1, { doc: "The aspect; only Available.", required: true }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(5, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of the state of an API service." },
)
export type APIServiceCondition = TypeOf<typeof APIServiceCondition>

export const APIServiceStatus = struct(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus",
  {
    conditions: list(1, APIServiceCondition, {
      doc: "Available is True while the service answers.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "Whether an API can be used." },
)
export type APIServiceStatus = TypeOf<typeof APIServiceStatus>

function available({ conditions = [] }: APIServiceStatus): string {
  const condition = conditions.find(({ type }) => type === "Available")
  if (condition === undefined) return "Unknown"
  const { status, reason = "" } = condition
  return status === "True" || reason === "" ? status : `${status} (${reason})`
}

/**
 * Has a version of an API group served by another server.
 * https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
 */
export const APIService = defineResource({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  plural: "apiservices",
  categories: ["api-extensions"],
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"], resets: ["metadata", "spec"] },
  },
  doc: "Has a version of an API group served by another server. Its name is <version>.<group>.",
  definition: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
  columns: [
    {
      name: "Service",
      type: "string",
      doc: "The service that serves the API.",
      value: ({ spec: { service } }) =>
        service === undefined ? "Local" : `${service.namespace ?? ""}/${service.name ?? ""}`,
    },
    {
      name: "Available",
      type: "string",
      doc: "Whether the API can be used.",
      value: ({ status }) => available(status),
    },
    age,
  ],
  strategy: {
    nameFormat: { name: "pathSegment", check: pathSegmentName },
    prepareCreate: (object, { now }) => {
      if (object.spec.service !== undefined) return
      const message = "Local APIServices are always available"
      object.status.conditions = [
        { type: "Available", status: "True", lastTransitionTime: now, reason: "Local", message },
      ]
    },
    validate: validateApiService,
    prepareStatusUpdate: keepMetadata,
    validateStatusUpdate: validateApiServiceStatus,
  },
  fields: {
    spec: message(2, APIServiceSpec, { doc: "Which API is served by whom.", always: true }),
    status: message(3, APIServiceStatus, { doc: "Whether the API can be used. Read only for users.", always: true }),
  },
})
export type APIService = ObjectOf<typeof APIService>
