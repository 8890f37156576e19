// A receiver in ASP.NET Core (minimal API) that believes only requests of Bugle: Program.cs of `dotnet new web`.
//   BUGLE_SECRET=whsec_… dotnet run --urls http://127.0.0.1:4000

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

var app = WebApplication.CreateBuilder(args).Build();
var secret = Environment.GetEnvironmentVariable("BUGLE_SECRET")
    ?? throw new InvalidOperationException("Set BUGLE_SECRET to the secret of the webhook.");
string[] methods = ["GET", "POST"];

app.MapMethods("/hook", methods, async (HttpRequest request) =>
{
    var signed = await SignedBytes(request);
    var genuine = BugleRequest.VerifyStandardWebhook(
        secret, signed, name => request.Headers[name].ToString(), DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    // The same webhook-id may come again: do the work for it once, and answer before long work begins.
    return genuine ? Results.NoContent() : Results.StatusCode(401);
});

app.MapMethods("/hook/signature", methods, async (HttpRequest request) =>
{
    var signed = await SignedBytes(request);
    var genuine = BugleRequest.VerifySignature(secret, signed, request.Headers["signature"].ToString());
    return genuine ? Results.NoContent() : Results.StatusCode(401);
});

app.Run();

// What Bugle signed: the body as it arrived (no [FromBody]); with GET, the query string as it arrived.
static async Task<byte[]> SignedBytes(HttpRequest request)
{
    var query = request.QueryString.Value ?? "";
    if (HttpMethods.IsGet(request.Method))
        return Encoding.UTF8.GetBytes(query.StartsWith('?') ? query.Substring(1) : query);
    using var bytes = new MemoryStream();
    await request.Body.CopyToAsync(bytes);
    return bytes.ToArray();
}

static class BugleRequest
{
    const long ToleranceSeconds = 5 * 60;

    /// The `Signature` header alone: lower-case hex; the key is the secret as it was shown.
    public static bool VerifySignature(string secret, byte[] signed, string given)
    {
        using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(secret));
        var expected = BitConverter.ToString(hmac.ComputeHash(signed)).Replace("-", "").ToLowerInvariant();
        return IsSame(expected, given);
    }

    /// Standard Webhooks: also refuses old requests, and goes on working while the secret is rotated.
    public static bool VerifyStandardWebhook(string secret, byte[] signed, Func<string, string> header, long now)
    {
        var id = header("webhook-id");
        var timestamp = header("webhook-timestamp");
        if (id == "" || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var sent))
            return false;
        if (Math.Abs(now - sent) > ToleranceSeconds) return false;
        var content = Encoding.UTF8.GetBytes($"{id}.{timestamp}.").Concat(signed).ToArray();
        using var hmac = new HMACSHA256(StandardKey(secret));
        var expected = "v1," + Convert.ToBase64String(hmac.ComputeHash(content));
        // One signature, or two while a secret is rotated.
        return header("webhook-signature").Split(' ').Any(given => IsSame(expected, given));
    }

    static byte[] StandardKey(string secret) => secret.StartsWith("whsec_", StringComparison.Ordinal)
        ? Convert.FromBase64String(secret.Substring("whsec_".Length))
        : Encoding.UTF8.GetBytes(secret);

    static bool IsSame(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
}
