# No gems: CHAT_TOKENS_URL=… CHAT_TOKENS_API_KEY=… ruby ruby.rb
require "json"
require "net/http"

ADDRESS = URI("#{ENV.fetch("CHAT_TOKENS_URL")}/tokens")
HEADERS = { "X-API-Key" => ENV.fetch("CHAT_TOKENS_API_KEY"), "Content-Type" => "application/json" }

def tokens_for(user, attempts: 3)
  answer = Net::HTTP.start(ADDRESS.host, ADDRESS.port, use_ssl: ADDRESS.scheme == "https", read_timeout: 5) do |http|
    http.post(ADDRESS.path, JSON.generate(user), HEADERS)
  end
  return JSON.parse(answer.body) if answer.is_a?(Net::HTTPSuccess)

  wait = answer["Retry-After"]&.to_i
  # A used-up quota or an hour's wait is not worth holding a user up for.
  raise "ChatTokens: #{answer.code} #{answer.body}" unless wait && wait <= 5 && attempts > 1

  sleep wait
  tokens_for(user, attempts: attempts - 1)
end

pair = tokens_for({ userId: "user-123", name: "Alice Johnson" })
puts "#{pair["user"]["id"]} #{pair["expiresAt"]}"
