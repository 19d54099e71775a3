// The call for a request, to copy into a shell or a program.

const KEY_VARIABLE = "SENTIMENT_KEY";

/**
 * @param url the route's whole address.
 * @param body what is sent.
 * @param keyed whether the service asks for a key; it is taken from the environment, never shown.
 * @param property of the answer, which the program prints.
 */
export const SNIPPETS = { curl, python, javascript };

function curl(url, body, { keyed }) {
  const key = keyed ? ` \\\n  -H "X-API-Key: $${KEY_VARIABLE}"` : "";
  return `curl -s ${quoted(url)}${key} \\\n  -H 'Content-Type: application/json' \\\n  -d ${quoted(ascii(body))}`;
}

function python(url, body, { keyed, property }) {
  // A JSON string in ASCII is one of Python too, but for escapes of surrogate pairs.
  const key = keyed ? `\nrequest.add_header("X-API-Key", os.environ["${KEY_VARIABLE}"])` : "";
  return `import json${keyed ? "\nimport os" : ""}
from urllib.request import Request, urlopen

body = json.loads(${JSON.stringify(ascii(body))})
request = Request(
    ${JSON.stringify(url)},
    json.dumps(body).encode(),
    {"Content-Type": "application/json"},
)${key}
with urlopen(request) as response:
    print(json.load(response)["documents"][0]["${property}"])`;
}

function javascript(url, body, { keyed, property }) {
  const key = keyed ? `, "X-API-Key": process.env.${KEY_VARIABLE}` : "";
  return `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: { "Content-Type": "application/json"${key} },
  body: JSON.stringify(${ascii(body)}),
});
console.log((await response.json()).documents[0].${property});`;
}

/** JSON that any terminal and encoding leaves as it is. */
function ascii(body) {
  return JSON.stringify(body).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A word of a POSIX shell. */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
