<?php

// A middleware for Laravel that lets only requests of Bugle through: app/Http/Middleware/VerifyBugle.php
//
//   Route::match(['get', 'post'], '/hook', HookController::class)->middleware(VerifyBugle::class);
//
// Put the route into routes/api.php, or exempt it from CSRF protection.

namespace App\Http\Middleware;

use Closure;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

class VerifyBugle
{
    private const TOLERANCE_SECONDS = 5 * 60;

    /** `->middleware(VerifyBugle::class . ':signature')` looks at the `Signature` header instead. */
    public function handle(Request $request, Closure $next, string $way = 'standard')
    {
        $secret = (string) getenv('BUGLE_SECRET');
        $headers = array_map(fn (array $values) => (string) $values[0], $request->headers->all());
        $genuine = $way === 'signature'
            ? self::verifySignature($secret, self::signedBytes($request), $headers)
            : self::verifyStandardWebhook($secret, self::signedBytes($request), $headers, time());
        // The same webhook-id may come again: do the work for it once, and answer before long work begins.
        return $genuine ? $next($request) : new Response('', 401);
    }

    /** The `Signature` header alone: lower-case hex; the key is the secret as it was shown. */
    public static function verifySignature(string $secret, string $signed, array $headers): bool
    {
        return hash_equals(hash_hmac('sha256', $signed, $secret), $headers['signature'] ?? '');
    }

    /** Standard Webhooks: also refuses old requests, and goes on working while the secret is rotated. */
    public static function verifyStandardWebhook(string $secret, string $signed, array $headers, int $now): bool
    {
        $id = $headers['webhook-id'] ?? '';
        $timestamp = $headers['webhook-timestamp'] ?? '';
        if ($id === '' || !ctype_digit($timestamp)) {
            return false;
        }
        if (abs($now - (int) $timestamp) > self::TOLERANCE_SECONDS) {
            return false;
        }
        $digest = hash_hmac('sha256', "$id.$timestamp.$signed", self::standardKey($secret), true);
        $expected = 'v1,' . base64_encode($digest);
        // One signature, or two while a secret is rotated.
        foreach (explode(' ', $headers['webhook-signature'] ?? '') as $given) {
            if (hash_equals($expected, $given)) {
                return true;
            }
        }
        return false;
    }

    private static function standardKey(string $secret): string
    {
        return str_starts_with($secret, 'whsec_') ? base64_decode(substr($secret, 6), true) : $secret;
    }

    /** What Bugle signed: the body as it arrived; with GET, the query string as it arrived (getQueryString() sorts it). */
    private static function signedBytes(Request $request): string
    {
        return $request->isMethod('GET')
            ? (string) $request->server->get('QUERY_STRING')
            : $request->getContent();
    }
}
