import { APIGroup, APIGroupList, APIResourceList, APIVersions } from "../../machinery/meta/discovery.ts"
import { ListMeta } from "../../machinery/meta/list-meta.ts"
import { Status } from "../../machinery/meta/status.ts"
import { PartialObjectMetadata } from "../../machinery/meta/table.ts"
import { encodeList, encodeMessage, encodeObject } from "../../machinery/protobuf/envelope.ts"
import { encodeWatchEvent } from "../../machinery/protobuf/watch.ts"
import { list, message, struct } from "../../machinery/schema/fields.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { AnyStruct } from "../../machinery/schema/schema.ts"
import type { ProtobufEncoder } from "./encode.ts"

/** Answers in protobuf, for the clients of Kubernetes' own components. */

const PartialObjectMetadataList = struct("io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList", {
  metadata: message(1, ListMeta, { doc: "The list's metadata.", always: true }),
  items: list(2, PartialObjectMetadata, { doc: "The objects' metadata.", always: true }),
})

/** What is answered besides objects. */
const META: readonly (readonly [type: string, struct: AnyStruct])[] = [
  ["v1 Status", Status],
  ["v1 APIVersions", APIVersions],
  ["v1 APIGroup", APIGroup],
  ["v1 APIGroupList", APIGroupList],
  ["v1 APIResourceList", APIResourceList],
  ["meta.k8s.io/v1 PartialObjectMetadata", PartialObjectMetadata],
  ["meta.k8s.io/v1 PartialObjectMetadataList", PartialObjectMetadataList],
  ["meta.k8s.io/v1beta1 PartialObjectMetadata", PartialObjectMetadata],
  ["meta.k8s.io/v1beta1 PartialObjectMetadataList", PartialObjectMetadataList],
]

/** `kinds` are all kinds that answers may hold, also those that only subresources return. */
export function createProtobufEncoder(kinds: readonly AnyResource[]): ProtobufEncoder {
  const structs = new Map<string, AnyStruct>([
    ...META,
    ...kinds.map(({ apiVersion, kind, struct: own }) => [`${apiVersion} ${kind}`, own] as const),
  ])
  return {
    encodeValue(value) {
      if (typeof value !== "object" || value === null) return undefined
      const { apiVersion = "v1", kind = "" } = value as { readonly apiVersion?: string; readonly kind?: string }
      const known = structs.get(`${apiVersion} ${kind}`)
      return known && encodeObject(known, { ...value, apiVersion, kind })
    },
    encodeList: (resource, metadata, items) =>
      encodeList(
        { apiVersion: resource.apiVersion, kind: resource.listKind, metadata },
        ListMeta,
        items.map((item) => encodeMessage(resource.struct, item as object)),
      ),
    encodeEvent: encodeWatchEvent,
  }
}
