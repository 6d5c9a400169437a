# frozen_string_literal: true

# Prepares posts for the feed, as `feed_content`: what a feed reader can show, with addresses that hold anywhere.
module Nbpress
  module Feed
    # Scripts do not run there, and links to a heading lead nowhere.
    DROPPED = %r{<(?<name>script|style|button)\b.*?</\k<name>\s*>|<a class="anchor-link".*?</a>|<!--.*?-->}mi
    LOCAL = /(?<before>\s(?:href|src|poster)=["'])(?<address>[\/#][^"']*)/

    module_function

    # Returns *html* of the page at *url* (absolute) for readers on another host.
    def absolute(html, url)
      host = url[%r{\A\w+://[^/]+}].to_s
      html.gsub(DROPPED, "").gsub(LOCAL) do
        found = Regexp.last_match
        address = found[:address]
        # "//host/path" is absolute but for its scheme.
        next found[0] if address.start_with?("//")

        "#{found[:before]}#{address.start_with?('#') ? url : host}#{address}"
      end
    end
  end
end

# Pages are rendered after posts, so what the feed quotes is known by now.
Jekyll::Hooks.register :pages, :pre_render do |page|
  feed = page.site.config["feed"] || {}
  if page.name == "feed.xml" && !feed["excerpt_only"]
    root = "#{page.site.config['url']}#{page.site.config['baseurl']}"
    page.site.data.dig("listing", "posts").to_a.first(feed["posts_limit"] || 15).each do |post|
      post.data["feed_content"] = Nbpress::Feed.absolute(post.content, "#{root}#{post.url}")
    end
  end
end
