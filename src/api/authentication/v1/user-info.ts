import { list, map, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const UserInfo = struct("io.k8s.api.authentication.v1.UserInfo", {
  username: string(1, { doc: "" }),
  uid: string(2, { doc: "" }),
  groups: list(3, "string", { doc: "", listType: "atomic" }),
  extra: map(4, { listOf: "string" }, { doc: "" }),
})
export type UserInfo = TypeOf<typeof UserInfo>
