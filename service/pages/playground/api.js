// The service's routes, as any client calls them.

const STATUS_UNREACHABLE = 0;

/** An answer that is an error. `status` is 0 where there was no answer at all. */
export class ApiError extends Error {
  constructor(message, { status = STATUS_UNREACHABLE, code = "unreachable", retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { status, code, retryAfter });
  }

  /** Whether another try may go better: the request was fine. */
  get passing() {
    return [STATUS_UNREACHABLE, 429, 502, 503, 504].includes(this.status);
  }

  get aboutKeys() {
    return this.status === 401 || this.status === 403;
  }
}

export class Api {
  // In this page alone: nothing is stored.
  key = "";
  adminKey = "";

  /** A file of the page. */
  async file(path) {
    const response = await answered(fetch(path));
    if (!response.ok) throw refusal(response);
    return answered(response.blob());
  }

  predict = (body, signal) => this.#send("v1/predict", { body, signal });

  models = async () => (await this.#send("v1/models")).data.models;

  model = async (name) => (await this.#send(`v1/models/${encodeURIComponent(name)}`)).data;

  versions = async (name) => (await this.#send(`v1/models/${encodeURIComponent(name)}/versions`)).data.versions;

  activate = (name, version) => this.#admin(name, "activate", { version });

  rollBack = (name) => this.#admin(name, "rollback", {});

  compare = async (name, text, versions) => (await this.#admin(name, "compare", { text, versions })).answers;

  async #admin(name, action, body) {
    const path = `v1/admin/models/${encodeURIComponent(name)}:${action}`;
    return (await this.#send(path, { body, key: this.adminKey })).data;
  }

  /** Returns the answer's data, and what its head says of time and version. */
  async #send(path, { body, signal, key = this.key } = {}) {
    const headers = body ? { "Content-Type": "application/json" } : {};
    if (key) headers["X-API-Key"] = key;
    const begun = performance.now();
    // Relative to the page, so that it works behind a proxy that adds a prefix too.
    const response = await answered(fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal }));
    const data = parsed(await answered(response.text()));
    if (!response.ok || data === undefined) throw refusal(response, data);
    return {
      data,
      milliseconds: performance.now() - begun,
      serviceMilliseconds: Number(/total;dur=([\d.]+)/.exec(response.headers.get("Server-Timing"))?.[1]),
    };
  }
}

/** What is awaited of the service; that it does not come is an error in our words. */
async function answered(waiting) {
  try {
    return await waiting;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The service cannot be reached. Is it running?");
  }
}

function refusal(response, data) {
  const { code = "unreadable", message } = data?.error ?? {};
  return new ApiError(message ?? `The answer has status ${response.status}, and is not the service's.`, {
    status: response.ok ? 502 : response.status,
    code,
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
