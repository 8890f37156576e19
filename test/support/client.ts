/** An answer of the API, its JSON parsed. */
export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  body: Body;
}

/** A problem as the API answers it. */
export interface ProblemBody {
  status: number;
  code: string;
  detail: string;
  errors?: { path: string; code: string; message: string; line?: number; column?: number }[];
}

type Extra = Record<string, string>;

/** A request of which nothing is made for the caller: for input that no well-behaved client sends. */
export interface RawRequest {
  method: string;
  headers?: Extra;
  body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

/** Speaks to the API as the owner of one key. A caller names the shape of the body that it expects. */
export class Client {
  constructor(
    readonly address: string,
    /** Undefined for a stranger. */
    readonly key?: string,
  ) {}

  /** The same server, as the owner of another key. */
  as(key: string | undefined): Client {
    return new Client(this.address, key);
  }

  get<Body = unknown>(path: string, headers?: Extra): Promise<Answer<Body>> {
    return this.send(path, { method: 'GET', headers });
  }

  post<Body = unknown>(path: string, body?: unknown, headers?: Extra): Promise<Answer<Body>> {
    return this.send(path, json('POST', body, headers));
  }

  patch<Body = unknown>(path: string, body?: unknown, headers?: Extra): Promise<Answer<Body>> {
    return this.send(path, json('PATCH', body, headers));
  }

  delete<Body = unknown>(path: string, headers?: Extra): Promise<Answer<Body>> {
    return this.send(path, { method: 'DELETE', headers });
  }

  /** Posts where the answer must be good. @throws Error with the problem when it is not. */
  async make<Body>(path: string, body: unknown = {}, headers?: Extra): Promise<Body> {
    const answer = await this.post<Body>(path, body, headers);
    if (answer.status < 300) return answer.body;
    throw new Error(`POST ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  async send<Body>(path: string, request: RawRequest): Promise<Answer<Body>> {
    const authorization: Extra = this.key ? { authorization: `Bearer ${this.key}` } : {};
    const response = await fetch(`${this.address}${path}`, {
      ...request,
      headers: { ...authorization, ...request.headers },
      ...(request.body instanceof ReadableStream && { duplex: 'half' }),
    });
    const text = await response.text();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the test says what it expects, and then checks it
    const body = parse(text) as Body;
    return { status: response.status, headers: response.headers, body };
  }
}

function json(method: string, body: unknown, headers?: Extra): RawRequest {
  if (body === undefined) return { method, headers };
  return {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
