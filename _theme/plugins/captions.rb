# frozen_string_literal: true

# Shows the title of an image that stands alone, perhaps in a link, as its caption. fastpages had a script for that.
module Nbpress
  module Captions
    ATTRIBUTES = /(?:[^<>"']|"[^"]*"|'[^']*')*/
    # What only looks like markup is matched first, and stays as it is.
    FOREIGN = %r{<!--.*?-->|<(?<name>script|style|textarea|pre|template)\b.*?</\k<name>\s*>}mi
    IMAGE = /<img\b#{ATTRIBUTES}>/mi
    LINKED = %r{<a\b#{ATTRIBUTES}>\s*#{IMAGE}\s*</a>|#{IMAGE}}mi
    # Between blocks of its own, an image is not in any element that could be asked.
    BETWEEN = %r{(?<=</p>\n|</[uo]l>\n|</h[1-6]>\n|</div>\n|</pre>\n|</table>\n)(?<between>#{IMAGE})(?=\n)}mi
    FIGURE = %r{#{FOREIGN}|<(?<block>p|div|center)(?<attributes>\b#{ATTRIBUTES})>\s*(?<image>#{LINKED})\s*</\k<block>>|#{BETWEEN}}mi
    ATTRIBUTE = /\s(?<key>[a-z-]+)(?:\s*=\s*(?:"(?<value>[^"]*)"|'(?<value>[^']*)'|(?<value>[^\s"'>]+)))?/mi

    module_function

    # Moves the title of each lone image of *html* into a `figcaption`; the rest stays to the byte.
    def show(html)
      return html unless html.match?(/<img\b/i) && html.match?(/\stitle\s*=/i)

      html.gsub(FIGURE) do |whole|
        found = Regexp.last_match
        figure = figure(found[:image] || found[:between])
        next whole unless figure

        found[:block] ? within(found[:block], found[:attributes], figure) : figure
      end
    end

    # The figure of an image, perhaps in a link, whose title says something.
    def figure(linked)
      caption = nil
      shown = linked&.sub(IMAGE) do |image|
        return if image.match?(/\sclass\s*=\s*["']?emoji\b/i)

        image.gsub(ATTRIBUTE) do |attribute|
          next attribute unless $~[:key].casecmp?("title")

          caption = $~[:value].to_s.strip
          ""
        end
      end
      return if caption.nil? || caption.empty?

      # Entities stand in an attribute as they do in text; only a bare angle bracket would become a tag.
      "<figure>#{shown}<figcaption>#{caption.gsub('<', '&lt;').gsub('>', '&gt;')}</figcaption></figure>"
    end

    # A figure takes the place of its paragraph; what says more than that stays around it.
    def within(block, attributes, figure)
      return figure if block == "p" && attributes.strip.empty?

      block = "div" if block == "p"
      "<#{block}#{attributes}>#{figure}</#{block}>"
    end
  end
end

Jekyll::Hooks.register :posts, :post_convert do |post|
  post.content = Nbpress::Captions.show(post.content) if %w[notebook post].include?(post.data["layout"])
end
