import { int32, list, message, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"
import { ListMeta } from "./list-meta.ts"

export const StatusCause = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause",
  {
    reason: string(1, { doc: "What is wrong, in one word for programs." }),
    message: string(2, { doc: "What is wrong, in words for people." }),
    field: string(3, { doc: "The field that it is about, such as spec.containers[0].name." }),
  },
  { doc: "One thing that is wrong." },
)
export type StatusCause = TypeOf<typeof StatusCause>

export const StatusDetails = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails",
  {
    name: string(1, { doc: "The object's name." }),
    group: string(2, { doc: "The object's API group." }),
    kind: string(3, { doc: "The object's kind or resource." }),
    uid: string(6, { doc: "The object's uid." }),
    causes: list(4, StatusCause, { doc: "Everything that is wrong.", listType: "atomic" }),
    retryAfterSeconds: int32(5, { doc: "When to try again, in seconds." }),
  },
  { doc: "What a status is about." },
)
export type StatusDetails = TypeOf<typeof StatusDetails>

export const Status = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
  {
    metadata: message(1, ListMeta, { doc: "Metadata of a list.", always: true }),
    status: string(2, { doc: "Success or Failure." }),
    message: string(3, { doc: "What happened, in words for people." }),
    reason: string(4, { doc: "What happened, in one word for programs." }),
    details: message(5, StatusDetails, { doc: "What it is about and everything that is wrong." }),
    code: int32(6, { doc: "The HTTP code." }),
  },
  { doc: "The answer to a request that returns no object." },
)
export type Status = TypeOf<typeof Status>
