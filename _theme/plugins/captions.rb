# frozen_string_literal: true

# Shows the title of an image that stands alone in its paragraph as its caption.
module Nbpress
  module Captions
    ATTRIBUTES = /(?:[^<>"']|"[^"]*"|'[^']*')*/
    # What only looks like markup is matched first, and stays as it is.
    FOREIGN = %r{<!--.*?-->|<(?<name>script|style|textarea|pre|template)\b.*?</\k<name>\s*>}mi
    FIGURE = %r{#{FOREIGN}|<p>\s*(?<image><img\b#{ATTRIBUTES}>)\s*</p>}mi
    TITLE = /\stitle\s*=\s*(?:"(?<text>[^"]*)"|'(?<text>[^']*)')/mi

    module_function

    # Moves the title of each lone image of *html* into a `figcaption`; the rest stays to the byte.
    def show(html)
      return html unless html.match?(/<p>\s*<img\b/i)

      html.gsub(FIGURE) do |paragraph|
        image = Regexp.last_match[:image]
        title = image&.match(TITLE)
        caption = title && title[:text].strip
        next paragraph if caption.nil? || caption.empty?

        # Entities stand in an attribute as they do in text; only a bare angle bracket would become a tag.
        caption = caption.gsub("<", "&lt;").gsub(">", "&gt;")
        "<figure>#{image.sub(TITLE, '')}<figcaption>#{caption}</figcaption></figure>"
      end
    end
  end
end

Jekyll::Hooks.register :posts, :post_convert do |post|
  post.content = Nbpress::Captions.show(post.content) if %w[notebook post].include?(post.data["layout"])
end
