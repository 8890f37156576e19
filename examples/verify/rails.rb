# A controller for Rails that believes only requests of Bugle: app/controllers/bugle_controller.rb
#
#   match '/hook', to: 'bugle#hook', via: %i[get post]
#   match '/hook/signature', to: 'bugle#hook_with_signature', via: %i[get post]

require 'base64'
require 'openssl'

module BugleRequest
  TOLERANCE_SECONDS = 5 * 60

  module_function

  # The `Signature` header alone: lower-case hex; the key is the secret as it was shown.
  def signature?(secret, signed, headers)
    same?(OpenSSL::HMAC.hexdigest('SHA256', secret, signed), headers['Signature'])
  end

  # Standard Webhooks: also refuses old requests, and goes on working while the secret is rotated.
  def standard_webhook?(secret, signed, headers, now: Time.now.to_i)
    id = headers['webhook-id'].to_s
    timestamp = headers['webhook-timestamp'].to_s
    return false if id.empty? || !timestamp.match?(/\A\d+\z/)
    return false if (now - timestamp.to_i).abs > TOLERANCE_SECONDS

    content = "#{id}.#{timestamp}.".b + signed.b
    digest = OpenSSL::HMAC.digest('SHA256', standard_key(secret), content)
    expected = "v1,#{Base64.strict_encode64(digest)}"
    # One signature, or two while a secret is rotated.
    headers['webhook-signature'].to_s.split(' ').any? { |given| same?(expected, given) }
  end

  def standard_key(secret)
    secret.start_with?('whsec_') ? Base64.strict_decode64(secret.delete_prefix('whsec_')) : secret
  end

  def same?(expected, given)
    given = given.to_s
    expected.bytesize == given.bytesize && OpenSSL.fixed_length_secure_compare(expected, given)
  end
end

class BugleController < ActionController::API
  def hook
    genuine = BugleRequest.standard_webhook?(secret, signed_bytes, request.headers)
    # The same webhook-id may come again: do the work for it once, and answer before long work begins.
    head genuine ? :no_content : :unauthorized
  end

  def hook_with_signature
    head BugleRequest.signature?(secret, signed_bytes, request.headers) ? :no_content : :unauthorized
  end

  private

  # What Bugle signed: the body as it arrived (not params!); with GET, the query string as it arrived.
  def signed_bytes
    request.get? ? request.query_string : request.raw_post
  end

  def secret
    ENV.fetch('BUGLE_SECRET')
  end
end
