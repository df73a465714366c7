import { testExpressions } from "./testing.ts"

testExpressions([
  [
    "[dyn(1), 2]",
    { refused: "ERROR: <input>:1:10: expected type 'dyn' but found 'int'\n | [dyn(1), 2]\n | .........^" },
  ],
  ["[1, dyn(2)]", { refused: "ERROR: <input>:1:8: expected type 'int' but found 'dyn'\n | [1, dyn(2)]\n | .......^" }],
  ["[1, ?optional.of(2)]", "list", 11, 11, 11],
  [
    '[1, ?optional.of("a")]',
    {
      refused:
        "ERROR: <input>:1:17: expected type 'int' but found 'string'\n | [1, ?optional.of(\"a\")]\n | ................^",
    },
  ],
  [
    "[[1], [2.0]]",
    { refused: "ERROR: <input>:1:7: expected type 'list(int)' but found 'list(double)'\n | [[1], [2.0]]\n | ......^" },
  ],
  ["[null, 1]", { refused: "ERROR: <input>:1:8: expected type 'null' but found 'int'\n | [null, 1]\n | .......^" }],
  ["[[], [1]]", "list", 0, 30, 30],
  ["[[1], []]", "list", 0, 30, 30],
  [
    '{1: 1, "a": 2}',
    { refused: "ERROR: <input>:1:8: expected type 'int' but found 'string'\n | {1: 1, \"a\": 2}\n | .......^" },
  ],
  [
    '{"a": 1, "b": "x", "c": true}',
    {
      refused:
        'ERROR: <input>:1:15: expected type \'int\' but found \'string\'\n | {"a": 1, "b": "x", "c": true}\n | ..............^\nERROR: <input>:1:25: expected type \'int\' but found \'bool\'\n | {"a": 1, "b": "x", "c": true}\n | ........................^',
    },
  ],
  [
    '[1, "a", true]',
    { refused: "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, \"a\", true]\n | ....^" },
  ],
  [
    '[[1, "a"], ["b"]]',
    {
      refused:
        "ERROR: <input>:1:6: expected type 'int' but found 'string'\n | [[1, \"a\"], [\"b\"]]\n | .....^\nERROR: <input>:1:12: expected type 'list(dyn)' but found 'list(string)'\n | [[1, \"a\"], [\"b\"]]\n | ...........^",
    },
  ],
  ['"%s".format([[1, "a"].size()])', "2", 12, 22, 22],
  [
    '["%s".format([1, "a"]), 1]',
    {
      refused:
        'ERROR: <input>:1:13: too many arguments supplied to string.format (expected 1, got 2)\n | ["%s".format([1, "a"]), 1]\n | ............^\nERROR: <input>:1:25: expected type \'string\' but found \'int\'\n | ["%s".format([1, "a"]), 1]\n | ........................^',
    },
  ],
  [
    '[1, "a"].map(x, x)',
    { refused: "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, \"a\"].map(x, x)\n | ....^" },
  ],
  [
    '[duration("1s"), timestamp("x")]',
    {
      refused:
        'ERROR: <input>:1:27: expected type \'duration\' but found \'timestamp\'\n | [duration("1s"), timestamp("x")]\n | ..........................^\nERROR: <input>:1:28: invalid timestamp argument\n | [duration("1s"), timestamp("x")]\n | ...........................^',
    },
  ],
  [
    '{"a": ?optional.of(1), ?"b": optional.of("x")}',
    {
      refused:
        "ERROR: <input>:1:7: Syntax error: extraneous input '?' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | {\"a\": ?optional.of(1), ?\"b\": optional.of(\"x\")}\n | ......^",
    },
  ],
  ["[optional.of(1), optional.none()]", "list", 12, 12, 12],
  [
    "[int, string]",
    { refused: "ERROR: <input>:1:7: expected type 'type(int)' but found 'type(string)'\n | [int, string]\n | ......^" },
  ],
  [
    '[type(1), type("a")]',
    {
      refused:
        "ERROR: <input>:1:15: expected type 'type(int)' but found 'type(string)'\n | [type(1), type(\"a\")]\n | ..............^",
    },
  ],
  ["[1, 1u, 1.0]", { refused: "ERROR: <input>:1:5: expected type 'int' but found 'uint'\n | [1, 1u, 1.0]\n | ....^" }],
])
