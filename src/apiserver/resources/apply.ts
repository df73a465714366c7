import { unsupportedMediaType } from "../../machinery/status/errors.ts"
import type { ApiResult } from "../call.ts"
import type { Patch } from "./patch.ts"
import type { WriteOptions } from "./request-options.ts"
import type { Scope } from "./scope.ts"

/** Server-side apply. */
export async function handleApply(_scope: Scope, _patch: Patch, _options: WriteOptions): Promise<ApiResult> {
  throw unsupportedMediaType(["application/json-patch+json", "application/merge-patch+json"])
}
