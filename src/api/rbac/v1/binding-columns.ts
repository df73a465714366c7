import type { Column, StoredMeta } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import type { RoleRef, Subject } from "./types.ts"

interface BindingObject {
  readonly metadata: StoredMeta
  readonly subjects?: readonly Subject[]
  readonly roleRef: RoleRef
}

const subjectColumn = (name: string, kind: string, doc: string): Column<BindingObject> => ({
  name,
  type: "string",
  priority: 1,
  doc,
  value: ({ subjects = [] }) =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map((subject) => (kind === "ServiceAccount" ? `${subject.namespace ?? ""}/${subject.name}` : subject.name))
      .join(", "),
})

/** The columns of role bindings, with and without a namespace. */
export const bindingColumns: readonly Column<BindingObject>[] = [
  {
    name: "Role",
    type: "string",
    doc: "The role that is given.",
    value: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
  },
  age,
  subjectColumn("Users", "User", "The users who have the role."),
  subjectColumn("Groups", "Group", "The groups whose members have the role."),
  subjectColumn("ServiceAccounts", "ServiceAccount", "The service accounts that have the role."),
]
