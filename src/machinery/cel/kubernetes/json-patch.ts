import type { CelLibrary } from "../declarations.ts"
import { perUnit, TRAVERSAL } from "../ext/cost.ts"
import { overload } from "../stdlib/overloads.ts"
import { stringType } from "../types.ts"

const escapeKey = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1")

/** `jsonpatch.escapeKey`, for the paths of JSON patches (RFC 6901). */
export const jsonPatchLibrary: CelLibrary = {
  name: "kubernetes.jsonpatch",
  functions: [
    {
      name: "jsonpatch.escapeKey",
      overloads: [
        overload(
          "string_jsonpatch_escapeKey_string",
          [stringType],
          stringType,
          escapeKey,
          perUnit(TRAVERSAL, { resultHasSize: true }),
        ),
      ],
    },
  ],
}
