import { list, map, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const UserInfo = struct(
  "io.k8s.api.authentication.v1.UserInfo",
  {
    username: string(1, { doc: "The name, unique among all users." }),
    uid: string(2, { doc: "An id that tells users apart who have had the same name." }),
    groups: list(3, "string", { doc: "The groups that the user is in.", listType: "atomic" }),
    extra: map(4, { listOf: "string" }, { doc: "Further facts from whoever authenticated the user." }),
  },
  { doc: "Who someone is." },
)
export type UserInfo = TypeOf<typeof UserInfo>
