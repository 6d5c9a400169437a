# frozen_string_literal: true

# Leaves the title as the only `h1` of a post's page: where the text has headings of the first level, all of them move down one.
module Nbpress
  module Levels
    FOREIGN = %r{<!--.*?-->|<(?<name>script|style|textarea|template)\b.*?</\k<name>\s*>}mi
    HEADING = %r{#{FOREIGN}|(?<tag></?h)(?<level>[1-6])(?=[\s/>])}mi

    module_function

    # The order of levels stays; of the six that HTML has, the fifth and sixth become one.
    def lower(html)
      return html unless html.match?(/<h1[\s>]/i)

      html.gsub(HEADING) do |found|
        heading = Regexp.last_match
        heading[:level] ? "#{heading[:tag]}#{[heading[:level].to_i + 1, 6].min}" : found
      end
    end
  end
end

# After the table of contents, which knows headings by the levels that their author gave them.
Jekyll::Hooks.register :posts, :post_convert, priority: :low do |post|
  post.content = Nbpress::Levels.lower(post.content) if %w[post notebook page].include?(post.data["layout"])
end
